// Runs docs/netsuite/ml_connector_event.js with fakes of the N/ modules and prints what it sent and logged as JSON.
// Arguments: script, secret, URL, "create" | "delete", "ok" | "away" | "refused".
const fs = require('fs');
const nodeCrypto = require('crypto');

const [, , script, secret, url, what, network] = process.argv;
const sent = [];
const logged = [];
const SECRETS = { custsecret_ml_connector: secret };
const PARAMETERS = {
    custscript_ml_connector_url: url,
    custscript_ml_connector_secret: 'custsecret_ml_connector',
};
const MODULES = {
    'N/crypto': {
        HashAlg: { SHA256: 'SHA256' },
        createSecretKey: ({ secret: id, encoding }) => {
            if (encoding !== 'UTF_8' || !(id in SECRETS)) throw new Error(`no secret ${id}`);
            return { text: SECRETS[id] };
        },
        createHmac: ({ algorithm, key }) => {
            const hmac = nodeCrypto.createHmac(algorithm.toLowerCase(), Buffer.from(key.text, 'utf8'));
            return {
                update: ({ input, inputEncoding }) => {
                    if (inputEncoding !== 'UTF_8') throw new Error('another encoding');
                    hmac.update(input, 'utf8');
                },
                // NetSuite writes hexadecimals in capitals.
                digest: ({ outputEncoding }) => {
                    if (outputEncoding !== 'HEX') throw new Error('another encoding');
                    return hmac.digest('hex').toUpperCase();
                },
            };
        },
    },
    'N/encode': { Encoding: { UTF_8: 'UTF_8', HEX: 'HEX' } },
    'N/https': {
        post: (request) => {
            if (network === 'away') throw Object.assign(new Error('timed out'), { name: 'SSS_REQUEST_TIME_EXCEEDED' });
            sent.push(request);
            return { code: network === 'refused' ? 401 : 200 };
        },
    },
    'N/log': { error: (entry) => logged.push(entry) },
    'N/runtime': { getCurrentScript: () => ({ getParameter: ({ name }) => PARAMETERS[name] }) },
};
let entryPoints;
global.define = (names, make) => {
    entryPoints = make(...names.map((name) => MODULES[name]));
};
eval(fs.readFileSync(script, 'utf8'));
const record = { type: 'itemfulfillment', id: 4711 };
entryPoints.afterSubmit(what === 'delete' ? { newRecord: null, oldRecord: record } : { newRecord: record });
console.log(JSON.stringify({ sent, logged }));
