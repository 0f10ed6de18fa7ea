/** What runs a command as an ordinary user with the two capabilities that the probe needs and no other. */
export const SETPRIV = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--bounding-set=-all,+bpf,+perfmon',
  '--inh-caps=-all,+bpf,+perfmon',
  '--ambient-caps=-all,+bpf,+perfmon',
] as const;
