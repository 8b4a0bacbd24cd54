// What every SDK client is made with: this page's own origin, nothing else.
import { session } from "./session";

export function clientConfig() {
  const { accessKeyId, secretAccessKey, sessionToken, region } = session();
  return { endpoint: window.location.origin, region, credentials: { accessKeyId, secretAccessKey, sessionToken }, maxAttempts: 2, disableHostPrefix: true };
}

/** One client for each session; made again when the credentials or the region change. */
export function perSession<Client>(make: () => Client): () => Client {
  let made: { client: Client; of: unknown } | undefined;
  return () => {
    if (made?.of !== session()) made = { client: make(), of: session() };
    return made!.client;
  };
}
