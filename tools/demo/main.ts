/**
 * `npm run demo`: gets a Kafka, fills the sample topics, starts the server as a user would, submits `sql-examples/01-order-join.sql`
 * over HTTP and shows the printed rows. Stays up until Ctrl-C and ends everything it started. With CI=true it exits 0 once the
 * expected rows were seen and non-zero when they do not come.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireKafka } from '../services/kafka.ts';
import { createSampleTopics, expectedRows } from './sample-data.ts';
import { isCi, Lines, pgPort, present, root, say } from './stage.ts';

present(async (stage) => {
  say('Looking for a Kafka (KAFKA_BOOTSTRAP, Docker, or a download started with java) …');
  const kafka = await acquireKafka();
  stage.onEnd(() => kafka.stop());
  say(`Kafka is at ${kafka.bootstrap} (${kafka.how}).`);
  const made = await createSampleTopics(kafka.bootstrap);
  say(made.length === 0 ? 'The sample topics exist already.' : `Sample topics: ${made.join(', ')}`);
  await stage.startServer();
  const sql = (await readFile(join(root, 'sql-examples/01-order-join.sql'), 'utf8')).replaceAll('127.0.0.1:9092', kafka.bootstrap);
  say('\nSubmitting sql-examples/01-order-join.sql …\n');
  const jobId = await stage.submit(sql), lines = new Lines();
  stage.follow(jobId, lines.add);
  await lines.include(expectedRows);
  if (isCi) { say('\nThe expected rows were printed.'); return stage.end(0); }
  say(`\nThe job ${jobId} runs on: change the topics and watch new rows here. Try it by hand:`);
  say(`  psql -h 127.0.0.1 -p ${pgPort}        then: SHOW JOBS;  or: SELECT * FROM \`kafka-catalog\`.\`kafka\`.\`order\`;`);
  say(`  curl -s ${stage.http}/api/v1/jobs/${jobId}/print`);
  say(`  curl -s ${stage.http}/api/v1/sql -H 'content-type: application/json' -d '{"sql": "SHOW TABLES FROM \`kafka-catalog\`.\`kafka\`"}'`);
  say('Ctrl-C ends the server, the job and the Kafka that was started.\n');
});
