// Server-sent events as they come.
import assert from "node:assert/strict";

// The messages of a text/event-stream until `enough` says so; `connected` once the server has answered, `told` what has come so far.
export function follow(url, enough, headers = {}) {
  const control = new AbortController();
  const connected = fetch(url, { headers, signal: control.signal });
  const told = [];
  const messages = read(connected, control, enough, told);
  messages.connected = connected;
  messages.told = told;
  messages.leave = () => control.abort();
  return messages;
}

async function read(connected, control, enough, messages) {
  const response = await connected;
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const fields = Object.fromEntries(text.slice(0, end).split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      text = text.slice(end + 2);
      if (fields.data) messages.push({ ...fields, data: JSON.parse(fields.data) });
    }
    if (enough(messages)) break;
  }
  control.abort();
  return messages;
}
