import { message, type TypeOf, int32, array, int16, string } from '../schema.js';

export const createAclsResponse = message({
  name: 'CreateAclsResponse',
  apiKey: 30,
  versions: '0-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
    }),
  },
});
export interface CreateAclsResponse extends TypeOf<typeof createAclsResponse.fields> {}
