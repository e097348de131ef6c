import { message, type TypeOf, arrayOf } from '../schema.js';

export const listGroupsRequest = message({
  name: 'ListGroupsRequest',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  fields: {
    statesFilter: arrayOf('4+', 'string'),
    typesFilter: arrayOf('5+', 'string'),
  },
});
export interface ListGroupsRequest extends TypeOf<typeof listGroupsRequest.fields> {}
