/** `.proto` files are imported as text (scripts/build.js, vitest.config.ts). */
declare module '*.proto' {
  const text: string;
  export default text;
}
