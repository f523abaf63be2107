// Stock health and reflection clients, from the public definitions as npm packages carry them:
// node stock.js HOST:PORT [CA.PEM [KEY]]. Prints one JSON line for each thing that it saw.
'use strict';
const fs = require('fs');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const health = require('grpc-health-check');

const [address, ca, key] = process.argv.slice(2);
const credentials = ca ? grpc.credentials.createSsl(fs.readFileSync(ca)) : grpc.credentials.createInsecure();
const metadata = new grpc.Metadata();
if (key) metadata.set('authorization', `Bearer ${key}`);
const say = (name, seen) => console.log(JSON.stringify({ name, ...seen }));

const protos = path.join(path.dirname(require.resolve('@grpc/reflection/package.json')), 'build', 'proto', 'grpc', 'reflection');
const reflection = (version) => grpc.loadPackageDefinition(loader.loadSync(
  path.join(protos, version, 'reflection.proto'), { keepCase: true, defaults: true, oneofs: true, longs: String })).grpc.reflection[version].ServerReflection;
const Health = grpc.loadPackageDefinition(loader.loadSync(health.protoPath, { keepCase: true, defaults: true, enums: String })).grpc.health.v1.Health;

const unary = (call, request) => new Promise((resolve) => call(request, (error, response) => resolve(error ? { code: error.code } : response)));

function ask(version, requests) {
  return new Promise((resolve) => {
    const call = new (reflection(version))(address, credentials).ServerReflectionInfo(metadata);
    const answers = [];
    call.on('data', (answer) => {
      answers.push(answer);
      if (answers.length === requests.length) call.end();
    });
    call.on('error', (error) => resolve({ code: error.code }));
    call.on('end', () => resolve({ answers }));
    for (const request of requests) call.write(request);
  });
}

const names = (bytes) => {
  // The name of a FileDescriptorProto is its field 1.
  const length = bytes[1];
  return bytes[0] === 0x0a ? bytes.subarray(2, 2 + length).toString() : '?';
};

const shown = (answer) => {
  switch (answer.message_response) {
    case 'list_services_response': return answer.list_services_response.service.map((service) => service.name);
    case 'file_descriptor_response': return answer.file_descriptor_response.file_descriptor_proto.map(names);
    case 'all_extension_numbers_response': return answer.all_extension_numbers_response.extension_number;
    case 'error_response': return answer.error_response.error_code;
    default: return answer.message_response;
  }
};

(async () => {
  const client = new Health(address, credentials);
  say('check', await unary(client.Check.bind(client), { service: '' }));
  say('checkUnknown', await unary(client.Check.bind(client), { service: 'no.such.Service' }));
  say('list', await unary(client.List.bind(client), {}));
  const symbol = process.env.SYMBOL || 'fleet.grpc.tests.Echo';
  for (const version of ['v1', 'v1alpha']) {
    const { code, answers } = await ask(version, [
      { list_services: '*' }, { file_containing_symbol: symbol }, { file_by_filename: 'grpc/health/v1/health.proto' }, { file_containing_symbol: 'no.such.Symbol' },
      { file_containing_extension: { containing_type: 'grpc.health.v1.HealthCheckRequest', extension_number: 1 } },
      { all_extension_numbers_of_type: 'grpc.health.v1.HealthCheckRequest' },
    ]);
    say(version, answers ? { answers: answers.map(shown) } : { code });
  }
  const watch = client.Watch({ service: 'watched' });
  watch.on('data', (response) => say('watch', response));
  watch.on('error', (error) => {
    say('watchEnded', { code: error.code });
    process.exit(0);
  });
})();
