import { message, type TypeOf, int16 } from '../schema.js';

export const updateMetadataResponse = message({
  name: 'UpdateMetadataResponse',
  apiKey: 6,
  versions: '0-8',
  flexible: '6+',
  fields: {
    errorCode: int16('0+'),
  },
});
export interface UpdateMetadataResponse extends TypeOf<typeof updateMetadataResponse.fields> {}
