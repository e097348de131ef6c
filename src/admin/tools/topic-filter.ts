import { UsageError } from './options.js';

/**
 * Which topics a pattern means: a regular expression that the whole name must match, a comma counts as "or".
 * @throws UsageError if it is none
 * Source: org.apache.kafka.server.util.TopicFilter, 3.9
 */
export function topicFilter(pattern: string): (topic: string) => boolean {
  const expression = pattern
    .trim()
    .replaceAll(',', '|')
    .replaceAll(' ', '')
    .replace(/^["']+/, '')
    .replace(/["']+$/, '');
  try {
    const whole = new RegExp(`^(?:${expression})$`, 'u');
    return (topic) => whole.test(topic);
  } catch {
    throw new UsageError(`${pattern} is an invalid regex.`);
  }
}
