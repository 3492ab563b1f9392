/** `status`: the body where it is JSON. */
export function said(code: number, status: unknown): string;
