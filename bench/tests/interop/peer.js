// One end of a WebSocket that does what it is told and tells what it hears, both in JSON (orders.rs). A page of
// a browser evaluates this and has `client`. Node runs it with its package `ws`:
//
//     node peer.js FOLDER client|server|try [off|usual|small]
'use strict';

const WINDOW = 10;
const COMPRESSION = {
  off: false,
  usual: { threshold: 0 },
  small: {
    threshold: 0,
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: WINDOW,
    clientMaxWindowBits: WINDOW,
  },
};

// In JSON, bytes are a string with a letter for each.
const toBytes = letters => Uint8Array.from(letters, letter => letter.charCodeAt(0));
const toLetters = bytes => Array.from(bytes, byte => String.fromCharCode(byte)).join('');

// Tells `hear` what `socket` hears.
function attend(socket, hear) {
  socket.binaryType = 'arraybuffer';
  let { extensions } = socket;
  // Here `ws` has only their names.
  socket.on?.('upgrade', ({ headers }) => (extensions = headers['sec-websocket-extensions'] ?? ''));
  socket.onopen = () => hear({
    heard: 'open',
    subprotocol: socket.protocol,
    extensions: extensions || socket.extensions,
  });
  socket.onmessage = ({ data }) => hear(typeof data === 'string'
    ? { heard: 'text', text: data }
    : { heard: 'binary', bytes: toLetters(new Uint8Array(data)) });
  socket.onclose = ({ code, reason, wasClean }) => hear(wasClean
    ? { heard: 'closed', code, reason }
    : { heard: 'failed', why: `not clean: ${code} ${reason}` });
  socket.onerror = ({ message }) => message && console.error(message);
  // A browser does not tell of pongs.
  socket.on?.('pong', payload => hear({ heard: 'pong', payload: payload.toString() }));
}

function obey(socket, order) {
  switch (order.do) {
    case 'text':
      return socket.send(order.text);
    case 'binary':
      return socket.send(toBytes(order.bytes));
    case 'ping':
      return socket.ping(order.payload);
    case 'close':
      return order.code === 1005 ? socket.close() : socket.close(order.code, order.reason);
    case 'fragments':
      return order.parts.forEach((part, at) => {
        socket.send(Buffer.from(part), { binary: false, fin: at === order.parts.length - 1 });
        if (at === 0) socket.ping('between');
      });
  }
}

// A client. What it hears is kept until somebody asks.
function makeClient(connect) {
  let socket;
  const heard = [];
  const waiting = [];
  const hear = event => (waiting.length ? waiting.shift()(event) : heard.push(event));
  return {
    obey(order) {
      if (order.do === 'open') {
        socket = connect(order);
        attend(socket, hear);
      } else {
        obey(socket, order);
      }
    },
    hear: () => new Promise(resolve => (heard.length ? resolve(heard.shift()) : waiting.push(resolve))),
  };
}

function print(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function serve(WebSocketServer, compression) {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: compression,
    handleProtocols: offered => offered.has('echo.example') && 'echo.example',
  });
  server.on('listening', () => print({ heard: 'listening', port: server.address().port }));
  server.on('connection', socket => attend(socket, event => {
    switch (event.heard) {
      case 'text':
        return event.text.startsWith('{"do"')
          ? obey(socket, JSON.parse(event.text))
          : socket.send(event.text);
      case 'binary':
        return socket.send(toBytes(event.bytes));
      case 'pong':
        return socket.send(`pong: ${event.payload}`);
      default:
        return print(event);
    }
  }));
}

async function run([folder, role, compression]) {
  const { WebSocket, WebSocketServer } = require(require.resolve('ws', { paths: [folder] }));
  if (role === 'server') serve(WebSocketServer, COMPRESSION[compression]);
  if (role !== 'client') return;
  const client = makeClient(({ url, subprotocols, deflate }) =>
    new WebSocket(url, subprotocols, { perMessageDeflate: COMPRESSION[deflate] }));
  const lines = require('readline').createInterface({ input: process.stdin });
  lines.on('line', line => client.obey(JSON.parse(line)));
  for (;;) print(await client.hear());
}

if (typeof window === 'undefined') {
  run(process.argv.slice(2));
} else {
  window.client = makeClient(({ url, subprotocols }) => new WebSocket(url, subprotocols));
}
null; // What a page's evaluation gives.
