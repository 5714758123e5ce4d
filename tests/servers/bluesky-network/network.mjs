// Bluesky's own network on loopback: PLC directory and PDS (from @atproto/dev-env), no AppView.
//
// In front of the PDS stands a relay of one host, which is what Bluesky's Jetstream asks: it passes everything on to
// the PDS and answers listHosts, which a PDS does not know. In front of the directory stands one that writes keys as
// plc.directory does today (Multikey; the directory of dev-env 0.6.7 still writes them as in 2022, which Jetstream does
// not read). Prints one line of JSON when all of it listens, then one for each post the PDS's firehose
// (subscribeRepos) tells of, as Jetstream would: that is what the Jetstream of jetstream.py keeps.
import http from 'node:http'
import net from 'node:net'
import { lexToJson } from '@atproto/lexicon'
import { Firehose } from '@atproto/sync'
import { TestNetworkNoAppView } from '@atproto/dev-env'

const network = await TestNetworkNoAppView.create({ pds: { hostname: 'localhost', inviteRequired: false } })
const pds = new URL(network.pds.url)

const relay = http.createServer((request, response) => {
  if (request.url.startsWith('/xrpc/com.atproto.sync.listHosts')) {
    response.setHeader('content-type', 'application/json')
    response.end('{"hosts":[]}')
    return
  }
  const asked = http.request({ host: 'localhost', port: pds.port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers)
    answer.pipe(response)
  })
  asked.on('error', () => response.destroy())
  request.pipe(asked)
})
relay.on('upgrade', (request, socket, head) => {
  const line = net.connect(pds.port, 'localhost', () => {
    const fields = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`)
    line.write([`GET ${request.url} HTTP/1.1`, ...fields, '', ''].join('\r\n'))
    line.write(head)
    socket.pipe(line).pipe(socket)
  })
  const end = () => { line.destroy(); socket.destroy() }
  line.on('error', end)
  socket.on('error', end)
})
await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve))

const directory = http.createServer(async (request, response) => {
  const answer = await fetch(new URL(request.url, network.plc.url))
  const said = await answer.json()
  if (answer.ok && said.verificationMethod) {
    const { verificationMethods } = await (await fetch(new URL(`${request.url}/data`, network.plc.url))).json()
    for (const method of said.verificationMethod) {
      method.type = 'Multikey'
      method.publicKeyMultibase = verificationMethods[method.id.split('#')[1]].replace('did:key:', '')
    }
  }
  response.writeHead(answer.status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(said))
})
await new Promise((resolve) => directory.listen(0, '127.0.0.1', resolve))

console.log(JSON.stringify({ pds: network.pds.url, plc: `http://127.0.0.1:${directory.address().port}`, relay: `http://127.0.0.1:${relay.address().port}` }))
const firehose = new Firehose({
  service: network.pds.url.replace('http', 'ws'),
  filterCollections: ['app.bsky.feed.post'],
  unauthenticatedCommits: true,
  excludeIdentity: true,
  excludeAccount: true,
  excludeSync: true,
  handleEvent: (told) => {
    const commit = { rev: told.rev, operation: told.event, collection: told.collection, rkey: told.rkey }
    if (told.record) Object.assign(commit, { cid: told.cid.toString(), record: lexToJson(told.record) })
    console.log(JSON.stringify({ did: told.did, commit }))
  },
  onError: (error) => { console.error(error); process.exit(1) },
})
firehose.start()
process.on('SIGTERM', async () => { relay.close(); directory.close(); await firehose.destroy(); await network.close(); process.exit(0) })
