/**
 * Tells ml-connector that a record was saved or deleted: its type and its internal id, nothing else.
 *
 * A hint only. Whatever goes wrong is logged and never keeps anybody from saving: ml-connector asks for what changed by
 * its own schedule too, and finds it then.
 *
 * @NApiVersion 2.1
 * @NScriptType UserEventScript
 * @NModuleScope SameAccount
 */
define(['N/crypto', 'N/encode', 'N/https', 'N/log', 'N/runtime'], (crypto, encode, https, log, runtime) => {
    // Script parameters, set once on the script record or for each deployment.
    const URL_PARAMETER = 'custscript_ml_connector_url';
    const SECRET_PARAMETER = 'custscript_ml_connector_secret';

    /** A version 4 UUID; SuiteScript has no function for one. It is named, not secret: the signature is what protects. */
    const uuid = () =>
        'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) => {
            const digit = Math.floor(Math.random() * 16);
            return (place === 'x' ? digit : (digit % 4) + 8).toString(16);
        });

    /** HMAC-SHA256 in hexadecimals. `secretId` names the API secret; the script never sees the secret itself. */
    const signature = (text, secretId) => {
        const hmac = crypto.createHmac({
            algorithm: crypto.HashAlg.SHA256,
            key: crypto.createSecretKey({ secret: secretId, encoding: encode.Encoding.UTF_8 }),
        });
        hmac.update({ input: text, inputEncoding: encode.Encoding.UTF_8 });
        return hmac.digest({ outputEncoding: encode.Encoding.HEX });
    };

    const parameter = (name) => {
        const value = runtime.getCurrentScript().getParameter({ name });
        if (!value) {
            throw new Error(`the script parameter ${name} is empty`);
        }
        return value;
    };

    const tell = (type, id) => {
        const url = parameter(URL_PARAMETER);
        const body = JSON.stringify({ type, id });
        const timestamp = String(Date.now());
        const nonce = uuid();
        const headers = {
            'Content-Type': 'application/json',
            'X-Connector-Timestamp': timestamp,
            'X-Connector-Nonce': nonce,
            'X-Connector-Signature': signature(`${timestamp}.${nonce}.${body}`, parameter(SECRET_PARAMETER)),
        };
        const answer = https.post({ url, body, headers });
        if (answer.code !== 200) {
            log.error({ title: 'ml-connector refused an event', details: `${type} ${id}: HTTP ${answer.code}` });
        }
    };

    /** After create, edit, inline edit and delete alike: a record that is gone is news too. */
    const afterSubmit = (context) => {
        let what = 'a record';
        try {
            const record = context.newRecord || context.oldRecord;
            what = `${record.type} ${record.id}`;
            tell(String(record.type), String(record.id));
        } catch (error) {
            log.error({ title: 'ml-connector was not told', details: `${what}: ${error.name}: ${error.message}` });
        }
    };

    return { afterSubmit };
});
