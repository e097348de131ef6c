/**
 * What is wrong with a path as a node's name, in Apache's words; undefined if nothing is.
 * Source: org.apache.zookeeper.common.PathUtils.validatePath, 3.8
 */
export function pathProblem(path: string): string | undefined {
  if (path.length === 0) return 'Path length must be > 0';
  if (path.charCodeAt(0) !== SLASH) return 'Path must start with / character';
  if (path.length === 1) return undefined;
  if (path.charCodeAt(path.length - 1) === SLASH) return 'Path must not end with / character';
  let element = 1; // where the current path element begins
  for (let i = 1; i <= path.length; i++) {
    const c = i === path.length ? SLASH : path.charCodeAt(i);
    if (c === SLASH) {
      const length = i - element;
      if (length === 0) return `empty node name specified @${i}`;
      if (length <= 2 && /^\.\.?$/.test(path.slice(element, i))) return `relative paths not allowed @${i}`;
      element = i + 1;
    } else if (isForbidden(c)) {
      return c === 0 ? `null character not allowed @${i}` : `invalid character @${i}`;
    }
  }
  return undefined;
}

const SLASH = 47;

function isForbidden(c: number): boolean {
  return c <= 0x1f || (c >= 0x7f && c <= 0x9f) || (c >= 0xd800 && c <= 0xf8ff) || c >= 0xfff0;
}

/** The tree's key of the node above: `''` is the root. Undefined for what cannot be a child. */
export function parentOf(path: string): string | undefined {
  const slash = path.lastIndexOf('/');
  return slash === -1 || path.includes('\0') ? undefined : path.slice(0, slash);
}

/** The last element. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
