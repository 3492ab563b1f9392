import type { Rule } from './judgement.ts';
import { cgroupCounted, cgroupUnchanged } from './rules/cgroup-count.ts';
import { guestKernel } from './rules/guest-kernel.ts';
import { childVictim, groupKill, pid1Victim, victimWithoutPid } from './rules/kernel-kill.ts';
import { externalSigkill, externalSignal, runtimeSigkill, userspaceOom, userspaceTerm } from './rules/killer.ts';
import { blind, ledgerUnchanged, logRead, lostKill, namelessKill, unplacedKill } from './rules/no-kill.ts';
import { askedToEnd, neverStarted, ownExit, statusLost } from './rules/own-exit.ts';
import { shimLost } from './rules/shim-lost.ts';
import { askedToEndBy, graceOver, reasonAlone } from './rules/stop-request.ts';

/** The rules of judgement, in order: the first that finds something decides. */
export const RULES: readonly Rule[] = [
  groupKill,
  pid1Victim,
  userspaceOom,
  externalSigkill,
  victimWithoutPid,
  graceOver,
  shimLost,
  runtimeSigkill,
  childVictim,
  reasonAlone,
  guestKernel,
  ledgerUnchanged,
  cgroupUnchanged,
  cgroupCounted,
  lostKill,
  unplacedKill,
  namelessKill,
  logRead,
  blind,
  statusLost,
  neverStarted,
  userspaceTerm,
  askedToEndBy,
  externalSignal,
  askedToEnd,
  ownExit,
];
