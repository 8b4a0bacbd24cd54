export { default } from "./machine/MachinePage";
