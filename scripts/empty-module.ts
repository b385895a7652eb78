/** Stands in for react-devtools-core, which Ink imports behind a runtime check. */
export default {};
