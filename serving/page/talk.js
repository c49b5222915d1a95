/* Talking with the gateway this page came from, and with nobody else. */

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Server {
  key = "";
  model = null;

  /* GET as JSON; Refused with the server's own words. */
  async get(path) {
    const reply = await fetch(path, { headers: this.#headers() });
    if (!reply.ok) throw await refusal(reply);
    return reply.json();
  }

  /* Chunks of a streamed answer, to its end. */
  async *ask(query, signal) {
    this.model ??= (await this.get("v1/models")).data[0].id;
    const body = { model: this.model, stream: true, messages: [{ role: "user", content: query }] };
    const reply = await fetch("v1/chat/completions", { method: "POST", headers: this.#headers(), body: JSON.stringify(body), signal });
    if (!reply.ok) throw await refusal(reply);
    for await (const data of frames(reply)) {
      if (data === "[DONE]") return;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new Error(chunk.error.message);
      yield chunk;
    }
    throw new Error("the connection broke off");
  }

  #headers() {
    return { "Content-Type": "application/json", ...(this.key ? { Authorization: "Bearer " + this.key } : {}) };
  }
}

async function refusal(reply) {
  let message = "the server answered " + reply.status;
  try { message = (await reply.json()).error.message; } catch { /* not in the envelope: a proxy's page */ }
  return new Refused(reply.status, message);
}

/* The data of server-sent events. */
async function* frames(reply) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split("\n\n");
    rest = parts.pop();
    for (const part of parts) if (part.startsWith("data: ")) yield part.slice(6);
  }
}
