// The server's HTTP interface, and what it says when it cannot answer.

/** An answer that is none. `status` is 0 where nothing came back at all. */
export class ServerError extends Error {
    constructor(status, message) {
        super(message);
        this.status = status;
    }
}

export class Server {
    #token = null;

    /** Sends this token from now on. It is kept in this object alone. */
    useToken(token) {
        this.#token = token;
    }

    async models() {
        return (await this.#ask('v1/models')).models;
    }

    model(name) {
        return this.#ask(`v1/models/${encodeURIComponent(name)}`);
    }

    /**
     * Asks what is in a picture.
     *
     * @param photo a Blob, sent as it is
     * @param cam index of the class whose map is wanted, or 'top', or null for none
     * @returns the answer, and the milliseconds from sending it to having read the answer
     */
    async classify(photo, {model, top, cam = null, signal = null}) {
        const query = new URLSearchParams({model, top});
        if (cam !== null) {
            query.set('cam', cam);
        }
        const start = performance.now();
        const answer = await this.#ask(`v1/classify?${query}`, {
            method: 'POST',
            headers: {'Content-Type': photo.type || 'application/octet-stream'},
            body: photo,
            signal,
        });
        return {answer, millis: performance.now() - start};
    }

    async #ask(path, {headers = {}, ...options} = {}) {
        const authorization = this.#token === null ? {} : {Authorization: `Bearer ${this.#token}`};
        let response;
        let body;
        try {
            response = await fetch(path, {...options, headers: {...headers, ...authorization}});
            body = await response.text();
        } catch (e) {
            if (e.name === 'AbortError') {
                throw e;
            }
            throw new ServerError(0, 'The server does not answer, or broke the connection off.');
        }
        if (!response.ok) {
            throw refusal(response, body);
        }
        try {
            return JSON.parse(body);
        } catch {
            throw new ServerError(response.status, `The server answered ${path} with something that is not JSON.`);
        }
    }
}

function refusal(response, body) {
    let message;
    try {
        message = JSON.parse(body).error;
    } catch {
        message = null; // from a proxy, say
    }
    message = sentence(message || `The server answered with status ${response.status}`);
    if (response.status !== 503) {
        return new ServerError(response.status, message);
    }
    const header = response.headers.get('Retry-After');
    const seconds = /^\d+$/.test(header ?? '') ? Number(header) : null;
    return new ServerError(503, `${message} ${when(seconds)}`);
}

function when(seconds) {
    if (seconds === null || seconds === 0) {
        return 'Try again in a moment.';
    }
    return `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
}

function sentence(text) {
    const start = text.charAt(0).toUpperCase() + text.slice(1);
    return /[.!?]$/.test(start) ? start : `${start}.`;
}
