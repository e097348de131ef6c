import { message, type TypeOf, string, int32 } from '../schema.js';

export const heartbeatRequest = message({
  name: 'HeartbeatRequest',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  fields: {
    groupId: string('0+'),
    generationId: int32('0+'),
    memberId: string('0+'),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
  },
});
export interface HeartbeatRequest extends TypeOf<typeof heartbeatRequest.fields> {}
