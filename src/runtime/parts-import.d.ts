/** Addresses of a file's parts, each small enough for every host; made by `scripts/vite/file-parts.ts`. */
declare module '*?parts' {
  const addresses: readonly string[];
  export default addresses;
}
