// What esbuild imports beside code.
declare module "*.graphql" {
  const text: string;
  export default text;
}
declare module "*.css";
/** The address of a worker's bundle: `build.mjs` makes it. */
declare module "worker:*" {
  const url: string;
  export default url;
}
