/** A style sheet as text; scripts/web.mjs puts it there. */
declare module "*.css" {
  const text: string;
  export default text;
}
