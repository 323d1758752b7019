// The frame lab: the reader's bytes, explained by lesson 21's own program. It runs in the page, where the page brings it,
// or on the course's server; without either, the page shows a recording.
'use strict';

(function frameLabs() {
    const LAB = '/lab/frames';
    const PATIENCE = 10000;
    const MOST_BYTES = 4096;

    const korean = document.documentElement.lang === 'ko';
    const words = korean ? {
        page: '이 페이지 안에서 레슨 21의 ws-dump가 설명합니다. 바이트를 고치거나, 비트를 눌러 뒤집어 보세요.',
        server: '과정의 서버에서 레슨 21의 ws-dump가 설명합니다. 바이트를 고치거나, 비트를 눌러 뒤집어 보세요.',
        neither: '아래는 기록입니다. 직접 해 보려면 cargo run으로 책을 여세요.',
        gone: '서버가 더는 답하지 않습니다. 과정을 다시 시작하고(cargo run) 페이지를 새로 여세요.',
        digits: (text) => `“${text}”은 16진 숫자 두 개씩이 아닙니다.`,
        many: `바이트는 ${MOST_BYTES}개까지입니다.`,
        count: (count) => `${count}바이트`,
        bit: (field, place, bit) => `${field}, 비트 ${place}: ${bit}`,
    } : {
        page: 'Lesson 21’s ws-dump explains it, here in the page. Change the bytes, or press a bit to turn it over.',
        server: 'Lesson 21’s ws-dump explains it, on the course’s server. Change the bytes, or press a bit to turn it over.',
        neither: 'This is a recording. To try it yourself, open the book with cargo run.',
        gone: 'The server answers no more. Start the course again (cargo run), and load this page anew.',
        digits: (text) => `“${text}” is not pairs of hexadecimal digits.`,
        many: `${MOST_BYTES} bytes are the most.`,
        count: (count) => (count === 1 ? '1 byte' : `${count} bytes`),
        bit: (field, place, bit) => `${field}, bit ${place}: ${bit}`,
    };

    // ---- Who explains

    // A program for WASI, preview 1, that reads its arguments and prints. It may call more; then it is told that there is no
    // such call. Returns what it printed.
    const run = async (module, args) => {
        const NO_SUCH_CALL = 52;
        const encoder = new TextEncoder();
        const decoder = new TextDecoder();
        const texts = args.map((argument) => encoder.encode(`${argument}\0`));
        const exit = new Error('the program has ended');
        let memory = null;
        let printed = '';
        const view = () => new DataView(memory.buffer);
        const calls = {
            args_sizes_get: (count, size) => {
                view().setUint32(count, texts.length, true);
                view().setUint32(size, texts.reduce((sum, text) => sum + text.length, 0), true);
                return 0;
            },
            args_get: (pointers, room) => {
                texts.forEach((text, index) => {
                    view().setUint32(pointers + 4 * index, room, true);
                    new Uint8Array(memory.buffer, room).set(text);
                    room += text.length;
                });
                return 0;
            },
            environ_sizes_get: (count, size) => {
                view().setUint32(count, 0, true);
                view().setUint32(size, 0, true);
                return 0;
            },
            environ_get: () => 0,
            fd_write: (file, pieces, count, written) => {
                let sum = 0;
                for (let piece = pieces; piece < pieces + 8 * count; piece += 8) {
                    const [start, length] = [view().getUint32(piece, true), view().getUint32(piece + 4, true)];
                    printed += decoder.decode(new Uint8Array(memory.buffer, start, length), { stream: true });
                    sum += length;
                }
                view().setUint32(written, sum, true);
                return 0;
            },
            proc_exit: () => {
                throw exit;
            },
        };
        const named = WebAssembly.Module.imports(module).map(({ name }) => [name, calls[name] ?? (() => NO_SUCH_CALL)]);
        const program = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: Object.fromEntries(named) });
        memory = program.exports.memory;
        try {
            program.exports._start();
        } catch (error) {
            if (error !== exit) {
                throw error;
            }
        }
        return printed;
    };

    const hex = (byte) => byte.toString(16).padStart(2, '0');

    const inPage = async (encoded) => {
        const module = await WebAssembly.compile(Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0)));
        return (bytes, from, deflate) => {
            const options = [from && `--${from}`, deflate && '--deflate'].filter(Boolean);
            return run(module, ['ws-dump', ...options, ...Array.from(bytes, hex)]);
        };
    };

    const onServer = async (bytes, from, deflate) => {
        const query = new URLSearchParams({ from, deflate: Number(deflate) });
        const signal = AbortSignal.timeout(PATIENCE);
        const response = await fetch(`${LAB}?${query}`, { method: 'POST', body: bytes, signal });
        if (!response.ok) {
            throw new Error(`${LAB}: ${response.status}`);
        }
        return response.text();
    };

    // How bytes are explained here, and the sentence that says so.
    const explainer = async (figure) => {
        const program = figure.querySelector('.frames-program');
        if (program && window.WebAssembly) {
            try {
                return [await inPage(program.textContent), words.page];
            } catch {
                // A browser may forbid it. The server may be there.
            }
        }
        const isLocal = location.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname);
        const isServed = isLocal && await fetch(LAB, { signal: AbortSignal.timeout(PATIENCE) }).then((response) => response.ok, () => false);
        return isServed ? [onServer, words.server] : [null, words.neither];
    };

    // ---- What is explained

    // `81 05`, `8105`, `0x81, 0x05`, `81:05`.
    const parse = (text) => {
        const pairs = text.trim().split(/[\s,:]+/).filter(Boolean).map((word) => word.replace(/^0x/i, ''));
        const wrong = pairs.find((word) => !/^([0-9a-f]{2})+$/i.test(word));
        if (wrong !== undefined) {
            throw new Error(words.digits(wrong));
        }
        const bytes = (pairs.join('').match(/../g) ?? []).map((pair) => parseInt(pair, 16));
        if (bytes.length > MOST_BYTES) {
            throw new Error(words.many);
        }
        return Uint8Array.from(bytes);
    };

    // The rows of an explanation, as book/src/bytes.rs reads them from a recording.
    const rows = (text) => {
        const found = [];
        const join = (one, more) => [one, more].filter(Boolean).join(' ');
        for (const line of text.split('\n').filter((line) => line.trim())) {
            const [first, ...others] = line.split('│').map((cell) => cell.trim());
            const last = found.at(-1);
            if (others.length === 0) {
                if (/^[→✗…]/.test(first)) {
                    found.push({ kind: 'remark', meaning: first });
                } else if (line.startsWith(' ') && last?.kind === 'remark') {
                    last.meaning = join(last.meaning, first);
                } else {
                    found.push({ kind: 'heading', meaning: first });
                }
                continue;
            }
            const [bytes, field, ...meanings] = others;
            const meaning = meanings.join('│');
            if (field === '' && last) {
                last.bytes = join(last.bytes, bytes);
                last.meaning = join(last.meaning, meaning);
            } else if (first === '') {
                found.push({ kind: 'bits', at: found.findLast((row) => row.kind === 'whole').at, bytes, field, meaning });
            } else {
                found.push({ kind: 'whole', at: Number(first), bytes, field, meaning });
            }
        }
        return found;
    };

    // The Korean of what the program says, where there is any: a star stands for what differs each time.
    const translator = (pairs) => {
        const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        const patterns = pairs.map(([english, own]) => [new RegExp(`^${english.split('*').map(escaped).join('(.*?)')}$`, 's'), own]);
        return (said) => {
            for (const [pattern, own] of patterns) {
                const found = pattern.exec(said);
                if (found) {
                    let next = 0;
                    return own.replace(/\*/g, () => found[next += 1] ?? '');
                }
            }
            return said;
        };
    };

    const part = (name, properties, ...children) => {
        const made = Object.assign(document.createElement(name), properties);
        made.append(...children);
        return made;
    };

    // `1... ....`, each digit a button that turns its bit over.
    const pattern = ({ at, bytes, field }, turn) => {
        const code = part('code');
        let place = 8;
        for (const letter of bytes.replace(' ', '')) {
            place -= 1;
            if (place % 4 === 3) {
                code.append(part('span', { className: 'nibble' }));
            }
            if (letter === '.') {
                code.lastChild.append(part('span', {}, letter));
                continue;
            }
            const mask = 1 << place;
            const button = part('button', { type: 'button', ariaLabel: words.bit(field, place, letter), ariaPressed: letter === '1' }, letter);
            button.dataset.bit = `${at}.${place}`;
            button.addEventListener('click', () => turn(at, mask));
            code.lastChild.append(button);
        }
        return code;
    };

    const bodies = (explained, say, turn) => {
        let body = part('tbody');
        const all = [body];
        for (const row of explained) {
            const meaning = say(row.meaning);
            if (row.kind === 'heading') {
                body = part('tbody', {}, part('tr', {}, part('th', { scope: 'rowgroup', colSpan: 4 }, meaning)));
                all.push(body);
            } else if (row.kind === 'remark') {
                body.append(part('tr', { className: 'remark' }, part('td', { colSpan: 4 }, meaning)));
            } else {
                const named = { ...row, field: say(row.field) };
                const isWhole = row.kind === 'whole';
                const made = part('tr', { className: row.kind },
                    part('td', {}, isWhole ? String(row.at) : ''),
                    part('td', {}, isWhole ? part('code', {}, row.bytes) : pattern(named, turn)),
                    part('th', { scope: 'row' }, named.field),
                    part('td', {}, meaning));
                made.dataset.at = row.at;
                body.append(made);
            }
        }
        return all.filter((one) => one.rows.length > 0);
    };

    // ---- A figure

    async function begin(figure) {
        const bar = figure.querySelector('.frames-bar');
        const state = figure.querySelector('.frames-state');
        const [examples, from] = bar.querySelectorAll('select');
        const deflate = bar.querySelector('.frames-deflate');
        const text = bar.querySelector('textarea');
        const table = figure.querySelector('table');
        const say = translator(JSON.parse(figure.querySelector('.frames-words').textContent));
        const [explain, how] = await explainer(figure);
        state.textContent = how;
        if (!explain) {
            figure.dataset.state = 'recorded';
            return;
        }

        let asked = 0;
        const show = async () => {
            asked += 1;
            const number = asked;
            let explained = [];
            let said = '';
            try {
                const bytes = parse(text.value);
                try {
                    explained = bytes.length > 0 ? rows(await explain(bytes, from.value, deflate.checked)) : [];
                } catch {
                    throw new Error(words.gone);
                }
                said = [words.count(bytes.length), ...explained.filter((row) => row.kind === 'remark').map((row) => say(row.meaning))].join(' · ');
            } catch (error) {
                said = error.message;
                explained = null;
            }
            // Somebody may have typed on meanwhile.
            if (number !== asked) {
                return;
            }
            state.textContent = said;
            text.ariaInvalid = explained === null;
            if (explained) {
                table.querySelectorAll('tbody').forEach((body) => body.remove());
                table.append(...bodies(explained, say, turn));
            }
            figure.dataset.state = explained ? 'explained' : 'faulty';
            point();
        };
        const turn = async (at, mask) => {
            const bytes = parse(text.value);
            bytes[at] ^= mask;
            text.value = Array.from(bytes, hex).join(' ');
            const focused = document.activeElement?.dataset.bit;
            await show();
            // Its button is a new one.
            table.querySelector(`[data-bit="${focused}"]`)?.focus();
        };
        // Marks the field in which the caret is.
        const point = () => {
            const before = text.value.slice(0, text.selectionStart).replace(/0x/gi, '').replace(/[^0-9a-f]/gi, '');
            const place = Math.floor(before.length / 2);
            const fields = Array.from(table.querySelectorAll('tr.whole'));
            const here = document.activeElement === text ? fields.findLast((row) => Number(row.dataset.at) <= place) : null;
            fields.forEach((row) => row.classList.toggle('here', row === here));
        };
        const choose = () => {
            text.value = examples.value;
            from.value = examples.selectedOptions[0].dataset.from;
            return show();
        };

        examples.addEventListener('change', choose);
        text.addEventListener('input', show);
        from.addEventListener('change', show);
        deflate.addEventListener('change', show);
        document.addEventListener('selectionchange', point);
        text.addEventListener('blur', point);
        // The arrow keys move in the bytes; without this they would turn the page.
        figure.addEventListener('keydown', (event) => {
            if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
                event.stopPropagation();
            }
        });
        bar.hidden = false;
        bar.after(part('p', { className: 'frames-how' }, how));
        await choose();
    }

    for (const bar of document.querySelectorAll('.frames-bar')) {
        begin(bar.closest('figure'));
    }
})();
