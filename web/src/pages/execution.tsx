export { default } from "./execution/ExecutionPage";
