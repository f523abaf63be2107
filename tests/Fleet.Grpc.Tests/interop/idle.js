// A stock client with one idle duplex stream: node idle.js HOST:PORT [PING EACH MS]. Prints each message, and each ping that was answered.
'use strict';
const http2 = require('http2');
const connect = http2.connect;
let pings = 0;

// grpc-js tells nothing of its pings: look at those of its HTTP/2 session.
http2.connect = (...given) => {
  const session = connect(...given);
  const ping = session.ping.bind(session);
  session.ping = (callback) => ping((error, ...rest) => {
    if (!error) console.log(`pinged ${++pings}`);
    callback(error, ...rest);
  });
  return session;
};
const { grpc, echo } = require('./proto');

const keepalive = process.argv[3]
  ? { 'grpc.keepalive_time_ms': Number(process.argv[3]), 'grpc.keepalive_timeout_ms': Number(process.argv[3]) }
  : {};
const call = new echo(process.argv[2], grpc.credentials.createInsecure(), keepalive).Both();
call.on('data', (response) => console.log(`message ${response.text}`));
call.on('error', (error) => console.log(`error ${error.code}`));
call.on('status', (status) => console.log(`status ${status.code}`));
