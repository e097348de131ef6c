import { message, type TypeOf, int32, array, string, int16 } from '../schema.js';

export const deleteGroupsResponse = message({
  name: 'DeleteGroupsResponse',
  apiKey: 42,
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', {
      groupId: string('0+'),
      errorCode: int16('0+'),
    }),
  },
});
export interface DeleteGroupsResponse extends TypeOf<typeof deleteGroupsResponse.fields> {}
