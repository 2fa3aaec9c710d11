/** A style sheet as text; scripts/web.mjs inlines it. */
declare module "*.css" {
  const text: string;
  export default text;
}
