import type { Rule } from './judgement.ts';
import { childVictim, groupKill, pid1Victim, victimWithoutPid } from './rules/kernel-kill.ts';
import { blind, ledgerUnchanged, logRead, lostKill, namelessKill } from './rules/no-kill.ts';
import { askedToEnd, ownExit, statusLost } from './rules/own-exit.ts';

/** The rules of judgement, in order: the first that finds something decides. */
export const RULES: readonly Rule[] = [
  groupKill,
  pid1Victim,
  victimWithoutPid,
  childVictim,
  ledgerUnchanged,
  lostKill,
  namelessKill,
  logRead,
  blind,
  statusLost,
  askedToEnd,
  ownExit,
];
