/** The client of Flink's SQL gateway against an HTTP server that answers as Flink 2.2 does. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { causeOf, FlinkGateway, statementsOf } from '../../bench/harness/flink-gateway.ts';

const TRACE = '<Exception on server side:\norg.apache.flink.SqlGatewayException: Failed to fetchResults.\n\tat a.b(C.java:1)\nCaused by: java.lang.RuntimeException: outer\n\t... 1 more\nCaused by: org.apache.flink.ValidationException: Table `x` is missing\n\t... 2 more\nEnd of exception on server side>';

/** Answers by method and path; an array gives one answer after the other, the last one for good. */
class FakeFlink {
  readonly seen: string[] = [];
  url = '';
  readonly #answers: Readonly<Record<string, readonly unknown[]>>;
  readonly #calls = new Map<string, number>();
  #server: Server | undefined;
  constructor(answers: Readonly<Record<string, readonly unknown[]>>) { this.#answers = answers; }
  async start(): Promise<this> {
    const server = this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (more: Buffer) => { body += more.toString(); }).on('end', () => {
        const what = `${request.method ?? ''} ${(request.url ?? '').replace(/\?.*/, '')}`, call = this.#calls.get(what) ?? 0, answers = this.#answers[what] ?? [{ errors: ['Not found.'] }], answer = answers[Math.min(call, answers.length - 1)];
        this.#calls.set(what, call + 1);
        this.seen.push(body === '' || body === '{}' ? what : `${what} ${(JSON.parse(body) as { statement: string }).statement}`);
        response.writeHead(typeof answer === 'object' && answer !== null && 'errors' in answer ? 500 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }
  get client(): FlinkGateway { return new FlinkGateway(this.url, this.url); }
  stop(): void { this.#server?.closeAllConnections(); this.#server?.close(); }
}

const SESSION = { 'POST /v3/sessions': [{ sessionHandle: 's' }], 'POST /v3/sessions/s/statements': [{ operationHandle: 'o' }], 'DELETE /v3/sessions/s': [{ status: 'CLOSED' }] };
const result = 'GET /v3/sessions/s/operations/o/result/0';

describe('bench: Flink gateway client', () => {
  let flink: FakeFlink;
  const start = async (answers: Readonly<Record<string, readonly unknown[]>>): Promise<FlinkGateway> => (flink = await new FakeFlink(answers).start()).client;
  afterEach(() => { flink.stop(); });

  it('runs each statement in one session, waits for its result and closes the session', async () => {
    const client = await start({ ...SESSION, [result]: [{ resultType: 'NOT_READY' }, { resultType: 'PAYLOAD' }, { resultType: 'PAYLOAD', jobID: 'j1' }] });
    expect(await client.submit("-- a title; with a semicolon\nSET 'a' = ';';\nINSERT INTO t\nSELECT 1;\n")).to.equal('j1');
    expect(flink.seen).to.deep.equal(['POST /v3/sessions', "POST /v3/sessions/s/statements SET 'a' = ';'", result, result, 'POST /v3/sessions/s/statements INSERT INTO t\nSELECT 1', result, 'DELETE /v3/sessions/s']);
  });
  it('tells the innermost cause of a refused statement and closes the session', async () => {
    const client = await start({ ...SESSION, [result]: [{ errors: ['Internal server error.', TRACE] }] });
    const failure = await client.submit('INSERT INTO x SELECT 1;').then(() => undefined, (e: unknown) => e);
    expect(failure).to.have.property('name', 'BenchFailure');
    expect(failure).to.have.property('message', 'Flink: org.apache.flink.ValidationException: Table `x` is missing');
    expect(flink.seen.at(-1)).to.equal('DELETE /v3/sessions/s');
  });
  it('refuses a text that starts no job', async () => {
    const client = await start({ ...SESSION, [result]: [{ resultType: 'PAYLOAD' }] });
    expect(await client.submit("SET 'a' = 'b';").then(() => undefined, (e: unknown) => (e as Error).message)).to.contain('no job');
  });
  it('gives the duration of a finished job and what its sources read', async () => {
    const vertex = (name: string, read: number) => ({ name, metrics: { 'read-records': read, 'write-records': 1 } });
    const client = await start({
      'GET /jobs/j/status': [{ status: 'CREATED' }, { status: 'RUNNING' }, { status: 'FINISHED' }],
      'GET /jobs/j': [{ 'start-time': 1000, 'end-time': 3500, vertices: [vertex('Source: bid[1] -> Calc[2]', 100), vertex('Source: auction[3]', 7), vertex('Join[4] -> sink[5]: Writer', 107)] }],
    });
    expect(await client.waitFinished('j')).to.deep.equal({ seconds: 2.5, recordsRead: 107 });
  });
  it('fails with the cause of a job that fails', async () => {
    const client = await start({ 'GET /jobs/j/status': [{ status: 'RUNNING' }, { status: 'RESTARTING' }], 'GET /jobs/j/exceptions': [{ exceptionHistory: { entries: [{ stacktrace: TRACE }] } }] });
    expect(await client.waitFinished('j').then(() => undefined, (e: unknown) => (e as Error).message)).to.equal("Flink's job is RESTARTING: org.apache.flink.ValidationException: Table `x` is missing");
  });
  it('gives up on a job that does not end', async () => {
    const client = await start({ 'GET /jobs/j/status': [{ status: 'RUNNING' }] });
    expect(await client.waitFinished('j', 1).then(() => undefined, (e: unknown) => (e as Error).message)).to.contain('in vain');
  });
});

describe('bench: texts for Flink', () => {
  it('splits statements at semicolons that end a line', () => {
    expect(statementsOf("-- one; two\nCREATE TABLE t (a INT) WITH ('k' = 'a;b');\n\nINSERT INTO t\nSELECT 1;  \n")).to.deep.equal(["CREATE TABLE t (a INT) WITH ('k' = 'a;b')", 'INSERT INTO t\nSELECT 1']);
  });
  it('takes the last cause of a trace, or its first line', () => {
    expect(causeOf(TRACE)).to.equal('org.apache.flink.ValidationException: Table `x` is missing');
    expect(causeOf('java.lang.Oops: x\n\tat y')).to.equal('java.lang.Oops: x');
  });
});
