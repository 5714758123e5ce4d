// Standard input: [{indexPattern, queries, filters}]. Standard output: for each, the query that Kibana would send.
const { buildEsQuery } = require('@cybernetex/kbn-es-query');

const config = { allowLeadingWildcards: true, queryStringOptions: {}, ignoreFilterIfFieldNotInIndex: false };
const asked = JSON.parse(require('fs').readFileSync(0));
const answers = asked.map(({ indexPattern, queries, filters }) => buildEsQuery(indexPattern, queries, filters, config));
process.stdout.write(JSON.stringify(answers));
