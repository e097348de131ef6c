import { message, type TypeOf, int32, array, string, int16 } from '../schema.js';

export const alterUserScramCredentialsResponse = message({
  name: 'AlterUserScramCredentialsResponse',
  apiKey: 51,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', {
      user: string('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
    }),
  },
});
export interface AlterUserScramCredentialsResponse extends TypeOf<typeof alterUserScramCredentialsResponse.fields> {}
