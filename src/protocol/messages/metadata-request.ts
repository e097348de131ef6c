import { message, type TypeOf, array, uuid, string, bool } from '../schema.js';

export const metadataRequest = message({
  name: 'MetadataRequest',
  apiKey: 3,
  versions: '0-12',
  flexible: '9+',
  fields: {
    topics: array(
      '0+',
      {
        topicId: uuid('10+', { ignorable: true }),
        name: string('0+', { nullable: '10+' }),
      },
      { nullable: '1+' },
    ),
    allowAutoTopicCreation: bool('4+', { default: true }),
    includeClusterAuthorizedOperations: bool('8-10'),
    includeTopicAuthorizedOperations: bool('8+'),
  },
});
export interface MetadataRequest extends TypeOf<typeof metadataRequest.fields> {}
