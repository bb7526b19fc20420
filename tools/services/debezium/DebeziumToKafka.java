import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.JsonByteArray;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Debezium's embedded engine with a plain Kafka producer behind it, as Debezium Server's Kafka sink has it: every record of a batch is
 * sent, all acknowledgements are awaited, the batch is marked. One engine at a time, told over HTTP on loopback, so that a JVM stays warm
 * from run to run: POST /start with a properties text (the engine's, and `sink.topic`, `sink.producer.*`), POST /stop, GET /status
 * (`running`, `stopped` or `failed: why`). Argument: the port.
 */
public final class DebeziumToKafka {
  private static final String PRODUCER = "sink.producer.";
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private DebeziumEngine<ChangeEvent<byte[], byte[]>> engine;
  private KafkaProducer<byte[], byte[]> producer;
  private CountDownLatch ended;
  private volatile String status = "stopped";

  public static void main(String[] args) throws IOException {
    DebeziumToKafka self = new DebeziumToKafka();
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 0);
    server.createContext("/start", exchange -> answer(exchange, () -> self.start(new String(exchange.getRequestBody().readAllBytes()))));
    server.createContext("/stop", exchange -> answer(exchange, self::stop));
    server.createContext("/status", exchange -> answer(exchange, () -> {}, () -> self.status));
    server.start();
  }

  private interface Step { void run() throws Exception; }
  private interface Text { String get(); }
  private static void answer(HttpExchange exchange, Step step) throws IOException { answer(exchange, step, () -> "done"); }
  private static void answer(HttpExchange exchange, Step step, Text text) throws IOException {
    int code = 200;
    String body;
    try { step.run(); body = text.get(); } catch (Exception e) { code = 500; body = String.valueOf(e); }
    byte[] bytes = body.getBytes();
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private void start(String text) throws Exception {
    stop();
    Properties all = new Properties(), settings = new Properties();
    all.load(new StringReader(text));
    Properties sink = new Properties();
    all.forEach((key, value) -> { String name = (String) key; if (name.startsWith(PRODUCER)) sink.put(name.substring(PRODUCER.length()), value); else settings.put(name, value); });
    String topic = (String) settings.remove("sink.topic");
    producer = new KafkaProducer<>(sink, new ByteArraySerializer(), new ByteArraySerializer());
    ended = new CountDownLatch(1);
    status = "running";
    engine = DebeziumEngine.create(JsonByteArray.class).using(settings).notifying((records, committer) -> send(topic, records, committer))
      .using((success, message, error) -> { status = success ? "stopped" : "failed: " + message + " " + error; ended.countDown(); }).build();
    threads.execute(engine);
  }

  private void send(String topic, List<ChangeEvent<byte[], byte[]>> records, DebeziumEngine.RecordCommitter<ChangeEvent<byte[], byte[]>> committer) throws InterruptedException {
    CountDownLatch acknowledged = new CountDownLatch(records.size());
    for (ChangeEvent<byte[], byte[]> record : records) {
      producer.send(new ProducerRecord<>(topic, record.key(), valueOf(record)), (metadata, error) -> {
        if (error != null) status = "failed: " + error;
        acknowledged.countDown();
      });
    }
    acknowledged.await();
    for (ChangeEvent<byte[], byte[]> record : records) committer.markProcessed(record);
    committer.markBatchFinished();
  }

  /** A deleted row without its envelope keeps a schema, so the JSON converter writes the word null where a tombstone is meant. */
  private static byte[] valueOf(ChangeEvent<byte[], byte[]> record) {
    byte[] value = record.value();
    return value != null && value.length == 4 && value[0] == 'n' ? null : value;
  }

  private void stop() throws Exception {
    if (engine == null) return;
    try { if (ended.getCount() > 0) engine.close(); } finally {
      ended.await(30, TimeUnit.SECONDS);
      producer.close();
      engine = null;
    }
  }
}
