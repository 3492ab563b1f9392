/** `slice:prefix:name`, as runtimes give a systemd scope. */
export const CGROUP_TRIPLE = /^([^/:]+):([^/:]*):([^/:]+)$/;

/** The cgroup's path and those above it, the outermost first; of a systemd slice, the slices that its name puts it in. */
export function cgroupsAround(cgroup: string | null): readonly string[] {
  if (cgroup === null) return [];
  const triple = CGROUP_TRIPLE.exec(cgroup);
  const path = triple ? `${slicePath(triple[1] ?? '')}/${triple[2] === '' ? '' : `${triple[2] ?? ''}-`}${triple[3] ?? ''}.scope` : cgroup;
  if (!path.startsWith('/')) return [];
  const segments = path.split('/').filter((segment) => segment !== '');
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`);
}

/** `a-b.slice` lies in `a.slice`. */
function slicePath(slice: string): string {
  const parts = slice.replace(/\.slice$/, '').split('-');
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('-')}.slice`).join('');
}
