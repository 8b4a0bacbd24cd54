// A page whose script could not be loaded: the server is away, or was replaced by one that has other files. When it answers, the
// console begins anew where it is.
import { notify } from "./notices";

export async function whenItAnswers(): Promise<never> {
  notify("warning", "This page comes by itself as soon as it does.", "The server does not answer");
  for (let pause = 500; ; pause = Math.min(pause * 2, 5_000)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const answer = await fetch(window.location.pathname, { cache: "no-store" }).catch(() => undefined);
    if (answer?.ok) break;
  }
  window.location.reload();
  return new Promise<never>(() => undefined);
}
