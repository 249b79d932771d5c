// Drives the whole life of a model with OpenAI's own client for Node, as its
// documentation shows. OPENAI_BASE_URL and OPENAI_API_KEY say where, BASE_MODEL from
// which base model, and PATIENCE how many seconds a job or a batch may take. It prints
// what it has seen, and ends with an error at the first thing that is not as
// OpenAI has it.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI, { toFile } from "openai";

const model = process.env.BASE_MODEL ?? "switchboard-softmax-1";
const patience = Number(process.env.PATIENCE ?? 60) * 1000;
const topics = {
  Airline: ["flight", "gate", "boarding", "pilot", "luggage"],
  Bank: ["card", "account", "transfer", "branch", "loan"],
  Shop: ["parcel", "order", "refund", "delivery", "basket"],
};
const names = Object.keys(topics);
const filler = ["my", "the", "is", "again", "please", "why", "when", "today", "help", "with"];

// random numbers from a seed: mulberry32.
function numbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pick = (random, list) => list[Math.floor(random() * list.length)];
const sentence = (random, topic) => Array.from({ length: 9 }, (_, i) => pick(random, i % 3 ? filler : topics[topic])).join(" ");
const jsonl = (lines) => Buffer.from(lines.map((l) => JSON.stringify(l) + "\n").join(""));

function examples(seed, n) {
  const random = numbers(seed);
  return jsonl(
    Array.from({ length: n }, (_, i) => ({
      messages: [
        { role: "user", content: sentence(random, names[i % 3]) },
        { role: "assistant", content: names[i % 3] },
      ],
    })),
  );
}

const seen = (what) => console.log("ok:", what);
const all = async (pages) => {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
};

async function waitFor(what, get, ...ends) {
  for (const deadline = Date.now() + patience; ; await sleep(50)) {
    const now = await get();
    if (ends.includes(now.status)) return now;
    assert(Date.now() < deadline, `the ${what} is ${now.status}, not one of ${ends}`);
  }
}

const client = new OpenAI({ maxRetries: 0 });
const upload = async (name, content, purpose) => client.files.create({ file: await toFile(content, name), purpose });

const train = await upload("train.jsonl", examples(1, 90), "fine-tune");
const valid = await upload("valid.jsonl", examples(2, 30), "fine-tune");
assert.equal((await client.files.retrieve(train.id)).filename, "train.jsonl");
assert.equal(await (await client.files.content(train.id)).text(), examples(1, 90).toString());
assert.deepEqual((await all(client.files.list({ purpose: "fine-tune", limit: 1 }))).map((f) => f.id), [valid.id, train.id]);
seen("files: create, retrieve, content, list in pages");

let job = await client.fineTuning.jobs.create({
  model,
  training_file: train.id,
  validation_file: valid.id,
  suffix: "node",
  seed: 7,
  metadata: { client: "node" },
  method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 5, batch_size: "auto" } } },
});
assert.equal(job.seed, 7);
job = await waitFor("job", () => client.fineTuning.jobs.retrieve(job.id), "succeeded", "failed");
assert.equal(job.status, "succeeded");
const tuned = job.fine_tuned_model;
const events = await all(client.fineTuning.jobs.listEvents(job.id, { limit: 3 }));
assert(events.length > 3 && events.some((e) => e.type === "metrics"));
const checkpoints = await all(client.fineTuning.jobs.checkpoints.list(job.id, { limit: 2 }));
assert.equal(checkpoints.length, 3);
assert.deepEqual((await all(client.fineTuning.jobs.list({ metadata: { client: "node" }, limit: 1 }))).map((j) => j.id), [job.id]);
seen("fine-tuning: create with method, retrieve, events, checkpoints, list by metadata");

// The trainer takes one job at a time: the second waits while it is changed.
const long = () =>
  client.fineTuning.jobs.create({
    model,
    training_file: train.id,
    method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 50, batch_size: 1 } } },
  });
const [first, second] = [await long(), await long()];
await waitFor("second job", () => client.fineTuning.jobs.retrieve(second.id), "queued", "running");
assert.equal((await client.fineTuning.jobs.pause(second.id)).status, "paused");
assert(["queued", "running"].includes((await client.fineTuning.jobs.resume(second.id)).status));
assert.equal((await client.fineTuning.jobs.cancel(second.id)).status, "cancelled");
await client.fineTuning.jobs.cancel(first.id);
seen("fine-tuning: pause, resume, cancel");

assert((await all(client.models.list())).some((m) => m.id === tuned));
assert.equal((await client.models.retrieve(tuned)).id, tuned);
assert((await client.models.delete(checkpoints[2].fine_tuned_model_checkpoint)).deleted);
seen("models: list, retrieve, delete a checkpoint");

const random = numbers(3);
let right = 0;
let answer;
for (let i = 0; i < 30; i++) {
  answer = await client.chat.completions.create({
    model: tuned,
    messages: [
      { role: "system", content: "Which company?" },
      { role: "user", content: sentence(random, names[i % 3]) },
    ],
    logprobs: true,
    top_logprobs: 3,
    temperature: 0,
  });
  if (answer.choices[0].message.content === names[i % 3]) right++;
}
assert(right >= 28, `${right} of 30 answers are right`);
const [token] = answer.choices[0].logprobs.content;
assert.equal(token.token, answer.choices[0].message.content);
assert(Math.abs(token.top_logprobs.reduce((sum, t) => sum + Math.exp(t.logprob), 0) - 1) < 1e-3);
const question = [{ role: "user", content: "my flight is late at the gate" }];
let text = "";
for await (const part of await client.chat.completions.create({ model: tuned, messages: question, stream: true })) {
  text += part.choices[0]?.delta.content ?? "";
}
assert.equal(text, "Airline");
const response_format = {
  type: "json_schema",
  json_schema: {
    name: "company",
    strict: true,
    schema: { type: "object", properties: { company: { type: "string", enum: ["Bank", "Shop"] } }, required: ["company"], additionalProperties: false },
  },
};
const bound = await client.chat.completions.create({ model: tuned, messages: question, response_format });
assert(["Bank", "Shop"].includes(JSON.parse(bound.choices[0].message.content).company));
seen("chat: answers, log-probabilities, stream, enum");

const requests = Array.from({ length: 40 }, (_, i) => ({
  custom_id: `row-${i}`,
  method: "POST",
  url: "/v1/chat/completions",
  body: { model: tuned, messages: i ? [{ role: "user", content: sentence(random, names[i % 3]) }] : [] },
}));
const source = await upload("batch.jsonl", jsonl(requests), "batch");
let batch = await client.batches.create({ input_file_id: source.id, endpoint: "/v1/chat/completions", completion_window: "24h" });
batch = await waitFor("batch", () => client.batches.retrieve(batch.id), "completed", "failed", "expired");
assert.deepEqual({ ...batch.request_counts }, { total: 40, completed: 39, failed: 1 });
const rows = (await (await client.files.content(batch.output_file_id)).text()).trim().split("\n").map((l) => JSON.parse(l));
assert.deepEqual(rows.map((r) => r.custom_id), requests.slice(1).map((r) => r.custom_id));
assert.equal(JSON.parse(await (await client.files.content(batch.error_file_id)).text()).response.status_code, 400);
assert.deepEqual((await all(client.batches.list({ limit: 1 }))).map((b) => b.id), [batch.id]);
await assert.rejects(client.batches.cancel(batch.id), { status: 409 });
seen("batches: create, retrieve, output and error files, list, cancel what is done");

await assert.rejects(new OpenAI({ apiKey: "sk-wrong", maxRetries: 0 }).models.list(), (e) => e instanceof OpenAI.AuthenticationError && e.code === "invalid_api_key");
await assert.rejects(client.chat.completions.create({ model: "ft:none", messages: question }), (e) => e instanceof OpenAI.NotFoundError && e.code === "model_not_found" && Boolean(e.requestID));
await assert.rejects(client.fineTuning.jobs.create({ model, training_file: "file-none" }), (e) => e instanceof OpenAI.BadRequestError && e.code === "file_not_found");
seen("errors: 401, 404, 400 with OpenAI's codes");

assert((await client.models.delete(tuned)).deleted);
assert((await client.files.delete(train.id)).deleted);
seen("deleted what was made");
