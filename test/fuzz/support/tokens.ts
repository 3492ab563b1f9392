/** Pieces that kernel logs and what carries them are made of; a hostile line repeats them. */
export const KERNEL_TOKENS: readonly string[] = [
  'Nov 23 17:43:25 ', '2026-11-23T17:43:25Z ', '2026-11-23T17:43:25.870158123Z stdout F ', '1795455805.476991 ', '17:43:25 ', '[Mon Nov 23 17:43:25 2026] ',
  'kernel: ', 'node kernel: ', 'kern.warn ', 'kern  :warn  : ', '<6>', '<4>1 ', '4,1000,100000000,-;', '[  100.000000] ', '[ T6736] ',
  '- ', '1. ', '1:', '**', '> ', '&gt;', 'a | ', 'x login: ', '<b>', '<b ', '"","",', '"', "'", '`', '[', '{', '{a} ', '{"a":', '{"log":"', '{"MESSAGE":"', '\\n', '\\"', '#012', '#033', '\u001B[0m', '\t', ' ', '\r', '(', ')', ',', ':', '=',
  ' invoked oom-killer:', 'oom-kill:constraint=CONSTRAINT_MEMCG,', ',oom_memcg=/', ',task_memcg=/a', ',task=a,pid=1,uid=0', 'Killed process 1 (a) ', ') total-vm:1kB, ', 'anon-rss:', 'Task in /a killed as a result of limit of /a', 'Memory cgroup stats for /a:', 'Tasks in /a are going to be killed due to memory.oom.group set', '[ pid ]   uid  tgid total_vm      rss ', '[  483]     0   483 ', 'memory: usage 49152kB, limit 49152kB, failcnt 7', '99999999999999999999', '\0', '\uFEFF', '\uFFFD', 'é',
];

/** Pieces of what witnesses write: klog old and structured, logrus, audit, OOM killers of user space. */
export const WITNESS_TOKENS: readonly string[] = [
  'I1123 17:43:25.870158    1234 kuberuntime_container.go:635] ', '"Killing container with a grace period" ', 'pod="a/b" ', 'podUID=0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f ', 'containerName="c" ', 'containerID="containerd://', 'gracePeriod=30 ', 'probeType="Liveness" ', 'pods=["a/b" ', '[a/b a/c ', 'a/b_c(0a1b)', '{"ts":1,"msg":"', '{"name":"a","namespace":"b"}', '&ContainerID{Type:containerd,ID:', 'event=&{ID:', '\\"', '"', "'", '[', ']', '{', '}', '(', ')', '<', '>', '=', ' ', ',', ':', '/', '-', '.',
  'time="2026-11-23T17:43:25Z" level=info msg="', 'Kill container \\"', 'StopContainer for \\"', 'received exit event container_id:\\"', 'exit_status:137 ', 'exited_at:{seconds:1 nanos:2} ',
  'Event occurred', '] "Event occurred" ', '"msg":"Event occurred","reason":"', ' reason="Killing', 'Marked /a for killing due to ', ' with stop signal timed out', '[&Pod{ObjectMeta:{a a- b  ', 'Process with highest badness (found in ', 'Killed /a/b.scope due to memory ', 'Killed /', 'ruleset:[', 'StartContainer for "', 'Stopping container: ', '] Container "', 'pressure for /a being ', 'sending SIGTERM to process 1 uid 0 "a": badness 1, VmRSS 1 MiB', 'oomd kill: ', 'Sending SIGKILL to ',
  'type=SYSCALL msg=audit(1795455805.476:12): ', 'type=OBJ_PID ', 'opid=1 ocomm="a" ', 'arch=c000003e syscall=62 success=yes exit=0 a0=1 a1=9 ', 'pid=1 uid=0 comm="a" exe="/a" ', 'traps: a[1] general protection fault ip:0 sp:0 error:0', 'a[1]: segfault at 0 ip 0 sp 0 error 4 in a[0+1]', '9999999999', '\0', 'a', 'é',
];
