import { message, type TypeOf, int32, array, int16, string, int8 } from '../schema.js';

export const incrementalAlterConfigsResponse = message({
  name: 'IncrementalAlterConfigsResponse',
  apiKey: 44,
  versions: '0-1',
  flexible: '1+',
  fields: {
    throttleTimeMs: int32('0+'),
    responses: array('0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8('0+'),
      resourceName: string('0+'),
    }),
  },
});
export interface IncrementalAlterConfigsResponse extends TypeOf<typeof incrementalAlterConfigsResponse.fields> {}
