import { message, type TypeOf, string } from '../schema.js';

export const groupMetadataKey = message({
  name: 'GroupMetadataKey',
  apiKey: null,
  versions: '2',
  flexible: 'none',
  fields: {
    group: string('2'),
  },
});
export interface GroupMetadataKey extends TypeOf<typeof groupMetadataKey.fields> {}
