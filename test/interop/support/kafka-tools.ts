import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '3.9.1';
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/kafka', VERSION);

const dependency = (group: string, artifact: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', VERSION)}
${dependency('org.apache.kafka', 'kafka-tools', VERSION)}
${dependency('ch.qos.reload4j', 'reload4j', '1.2.25')}
${dependency('org.slf4j', 'slf4j-reload4j', '1.7.36')}
</dependencies></project>`;

const LOG4J = `log4j.rootLogger=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=%p %m (%c)%n
log4j.appender.stderr.Target=System.err
`;

/** Fetches Apache Kafka's jars from Maven Central the first time. Needs `mvn`. @returns Java's class path */
export async function kafkaClassPath(): Promise<string> {
  const libs = join(CACHE, 'libs');
  const done = join(CACHE, 'complete');
  if (!existsSync(done)) {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(join(CACHE, 'pom.xml'), POM);
    writeFileSync(join(CACHE, 'log4j.properties'), LOG4J);
    const goal = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${libs}`];
    await promisify(execFile)('mvn', goal, { cwd: CACHE, timeout: 300_000 });
    writeFileSync(done, '');
  }
  return `${libs}/*`;
}

/** The main classes behind the scripts of Kafka's bin folder. */
export const TOOLS = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  consoleProducer: 'kafka.tools.ConsoleProducer',
  consoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  consumerGroups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  configs: 'kafka.admin.ConfigCommand',
  brokerApiVersions: 'kafka.admin.BrokerApiVersionsCommand',
  getOffsets: 'org.apache.kafka.tools.GetOffsetShell',
  dumpLog: 'kafka.tools.DumpLogSegments',
} as const;

export interface ToolResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of Kafka's own tools to its end, or to its deadline. */
export async function runTool(
  mainClass: string,
  args: readonly string[],
  { input = '', deadlineMs = 60_000 }: { input?: string; deadlineMs?: number } = {},
): Promise<ToolResult> {
  const classPath = await kafkaClassPath();
  const options = ['-Xmx256M', `-Dlog4j.configuration=file:${join(CACHE, 'log4j.properties')}`, '-cp', classPath];
  return run('java', [...options, mainClass, ...args], input, deadlineMs);
}

/** Runs a program with `input` on its standard input. */
export function run(program: string, args: readonly string[], input: string, deadlineMs = 60_000): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    const deadline = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    child.on('close', (code) => {
      clearTimeout(deadline);
      resolve({ code, stdout, stderr });
    });
    child.stdin.on('error', () => undefined); // the tool ended without reading all of it: its exit code tells
    child.stdin.end(input);
  });
}
