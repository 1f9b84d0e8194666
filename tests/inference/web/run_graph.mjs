// Runs one ONNX graph in onnxruntime-web: node run_graph.mjs GRAPH < inputs.json > outputs.json
// Inputs and outputs: {name: {type, dims, data}}.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import * as ort from "onnxruntime-web";

ort.env.wasm.numThreads = 1;

const inputs = JSON.parse(await text(process.stdin));
const session = await ort.InferenceSession.create(await readFile(process.argv[2]), { executionProviders: ["wasm"] });
const tensors = Object.entries(inputs).map(([name, { type, dims, data }]) => {
  const values = type === "int64" ? BigInt64Array.from(data, BigInt) : Float32Array.from(data);
  return [name, new ort.Tensor(type, values, dims)];
});
const outputs = await session.run(Object.fromEntries(tensors));
const plain = Object.entries(outputs).map(([name, { dims, data }]) => [name, { dims, data: Array.from(data) }]);
process.stdout.write(JSON.stringify(Object.fromEntries(plain)));
