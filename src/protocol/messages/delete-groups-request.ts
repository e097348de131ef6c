import { message, type TypeOf, arrayOf } from '../schema.js';

export const deleteGroupsRequest = message({
  name: 'DeleteGroupsRequest',
  apiKey: 42,
  versions: '0-2',
  flexible: '2+',
  fields: {
    groupsNames: arrayOf('0+', 'string'),
  },
});
export interface DeleteGroupsRequest extends TypeOf<typeof deleteGroupsRequest.fields> {}
