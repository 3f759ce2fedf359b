// The camera, where the browser lets a page have it.

/** Whether this page may ask for a camera: over https, or from this machine. */
export function hasCamera() {
    return typeof navigator.mediaDevices?.getUserMedia === 'function';
}

export class Camera {
    #video;
    #stream = null;
    #turn = 0; // another one whenever the camera is opened or closed

    constructor(video) {
        this.#video = video;
    }

    /**
     * Shows what the camera sees; the one on the back where there are two.
     *
     * @returns whether it does: not if it was closed while the browser asked for leave
     */
    async open() {
        this.close();
        const turn = this.#turn;
        const stream = await navigator.mediaDevices.getUserMedia({
            video: {facingMode: 'environment', width: {ideal: 1280}, height: {ideal: 960}},
        });
        if (turn !== this.#turn) {
            stop(stream);
            return false;
        }
        this.#stream = stream;
        this.#video.srcObject = stream;
        await this.#video.play();
        return true;
    }

    /** What it sees now, as a JPEG file. */
    async shoot() {
        const canvas = document.createElement('canvas');
        canvas.width = this.#video.videoWidth;
        canvas.height = this.#video.videoHeight;
        canvas.getContext('2d').drawImage(this.#video, 0, 0);
        const blob = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.92));
        return new File([blob], 'camera.jpg', {type: 'image/jpeg'});
    }

    /** Switches the camera off. */
    close() {
        this.#turn++;
        if (this.#stream !== null) {
            stop(this.#stream);
        }
        this.#stream = null;
        this.#video.srcObject = null;
    }
}

function stop(stream) {
    stream.getTracks().forEach(track => track.stop());
}

/** Why there is no picture, in plain words. */
export function cameraTrouble(error) {
    return {
        NotAllowedError: 'The browser does not let this page use the camera.',
        NotFoundError: 'No camera was found.',
        NotReadableError: 'The camera is in use elsewhere.',
    }[error.name] ?? `The camera cannot be used: ${error.message}`;
}
