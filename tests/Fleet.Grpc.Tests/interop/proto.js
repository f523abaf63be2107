// Loads the same echo.proto that the .NET tests are generated from.
'use strict';
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const definition = loader.loadSync(path.join(__dirname, '..', 'proto', 'echo.proto'), { keepCase: true, defaults: true });
module.exports = { grpc, echo: grpc.loadPackageDefinition(definition).fleet.grpc.tests.Echo };
