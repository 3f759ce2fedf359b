// Puts the page together: networks to choose from, two tabs, and the one place for troubles.

import {byId, element} from './elements.js';
import {ModelPanel} from './model.js';
import {PhotoPanel} from './photo.js';
import {Server, ServerError} from './server.js';
import {Tabs} from './tabs.js';

const UNAUTHORIZED = 401;
const OVERLOADED = 503;

const server = new Server();
let failed = null; // the action that is tried again

/** Runs an action; what goes wrong is shown, unless a newer request took the action's place. */
async function attempt(action) {
    try {
        await action();
        settle();
    } catch (e) {
        if (e.name !== 'AbortError') {
            complain(e, action);
        }
    }
}

function settle() {
    const lost = document.activeElement.closest('#trouble, #access') !== null;
    failed = null;
    byId('trouble').hidden = true;
    byId('error').textContent = '';
    byId('access').hidden = true;
    if (lost) { // the keyboard was in what is hidden now
        document.querySelector('[role=tab][aria-selected=true]').focus();
    }
}

function complain(error, action) {
    failed = action;
    byId('trouble').hidden = false;
    byId('error').textContent = error.message;
    byId('again').hidden = error.status !== OVERLOADED && error.status !== 0;
    if (error.status === UNAUTHORIZED) {
        byId('access').hidden = false;
        byId('token').focus();
    }
}

byId('again').addEventListener('click', () => attempt(failed));
byId('access').addEventListener('submit', event => {
    event.preventDefault();
    server.useToken(byId('token').value);
    byId('token').value = '';
    attempt(failed);
});

const photoPanel = new PhotoPanel(server, attempt, () => tabs.show('panel-photo'));
const modelPanel = new ModelPanel(server, attempt, () => photoPanel.photo);
const tabs = new Tabs(document.querySelector('[role=tablist]'), panel => {
    modelPanel.visible = panel.id === 'panel-model';
    photoPanel.leave();
});

function use(model) {
    byId('served').textContent = `${model.name}, version ${model.version}, ${model.engine}`;
    photoPanel.use(model);
    modelPanel.use(model);
}

async function start() {
    const loaded = await server.models();
    if (loaded.length === 0) {
        throw new ServerError(OVERLOADED, 'The server has no network loaded.');
    }
    // of each name the last, its highest version: the one that answers
    const models = [...new Map(loaded.map(model => [model.name, model])).values()];
    const select = byId('models');
    select.replaceChildren(...models.map(model => element('option', {value: model.name}, model.name)));
    select.onchange = () => use(models[select.selectedIndex]);
    byId('picker').hidden = models.length === 1;
    use(models[0]);
}

tabs.show(`panel-${location.hash.slice(1)}`);
attempt(start);
