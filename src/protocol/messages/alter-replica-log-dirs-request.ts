import { message, type TypeOf, array, string, arrayOf } from '../schema.js';

export const alterReplicaLogDirsRequest = message({
  name: 'AlterReplicaLogDirsRequest',
  apiKey: 34,
  versions: '0-2',
  flexible: '2+',
  fields: {
    dirs: array('0+', {
      path: string('0+'),
      topics: array('0+', {
        name: string('0+'),
        partitions: arrayOf('0+', 'int32'),
      }),
    }),
  },
});
export interface AlterReplicaLogDirsRequest extends TypeOf<typeof alterReplicaLogDirsRequest.fields> {}
