// Labs: figures that measure something on the reader's own computer, when the course serves the page, and show a recorded
// run when it does not.
'use strict';

(function latencyLabs() {
    const SVG = 'http://www.w3.org/2000/svg';
    const LAB = '/lab/latency';
    // The page asks on after the last event, so that each way can bring it. In milliseconds, as all times here.
    const GRACE = 1500;
    // How often the server's counts and its clock are read.
    const LOOK = 1000;
    const CLOCK_READINGS = 8;
    // The first event comes half a second after the run's beginning: by then the page must be asking.
    const READY = 400;
    // A server that hangs answers nothing, and refuses nothing either.
    const PATIENCE = 10000;

    const korean = document.documentElement.lang === 'ko';
    const words = korean ? {
        start: '시작', stop: '멈추기', replay: '기록 다시 보기', say: '지금 이벤트 하나',
        unserved: '이 페이지는 과정의 서버가 보낸 것이 아니므로 기록된 측정을 보여 줍니다. 직접 재려면 cargo run으로 책을 여세요.',
        ready: '지금 보이는 것은 기록된 측정입니다. 시작을 누르면 이 컴퓨터에서 잽니다.',
        running: '재는 중입니다.', replaying: '기록된 측정을 다시 보여 주는 중입니다.',
        gone: '서버가 더는 답하지 않습니다. 과정을 다시 시작하고(cargo run) 페이지를 새로 여세요.',
        busy: '동시에 재고 있는 페이지가 너무 많습니다. 30초쯤 뒤에 다시 해 보세요.',
        hidden: '재는 동안 이 탭이 가려져 있었습니다. 브라우저는 가려진 탭의 타이머를 늦추므로 다시 재 보세요.',
        recorded: '기록된 측정', own: '이 컴퓨터에서 잰 값',
        lane: (count, median, bytes) => `이벤트 ${count}개 · 중앙값 ${median} ms · 이벤트당 ${bytes}바이트`,
        caption: (what, clock) => `${what}. 지연 시간의 오차는 ${clock} ms까지입니다.`,
        none: '이벤트가 없었습니다. 다시 시작하거나 직접 하나 일으켜 보세요.',
        reading: (r) => `이벤트 ${r.events}개의 절반이 페이지에 닿기까지: 가장 빠른 방법은 ${r.fastest.name}, ${r.fastest.median} ms. `
            + `가장 느린 방법은 ${r.slowest.name}, ${r.slowest.median} ms(${r.slower}배). `
            + `이벤트 하나에 든 바이트: 가장 적은 방법은 ${r.cheapest.name}, ${r.cheapest.bytes}바이트. `
            + `가장 많은 방법은 ${r.dearest.name}, ${r.dearest.bytes}바이트(${r.dearer}배).`,
        empty: (r) => ` 빈 답이 가장 많은 방법은 ${r.name}: 요청 ${r.requests}번 가운데 ${r.empty}번은 새 이벤트가 없었습니다.`,
    } : {
        start: 'Start', stop: 'Stop', replay: 'Replay the recording', say: 'An event now',
        unserved: 'This page does not come from the course’s server, so it shows a recorded run. To measure yourself, open the book with cargo run.',
        ready: 'What you see is a recorded run. Start measures on your computer.',
        running: 'Measuring.', replaying: 'The recorded run again.',
        gone: 'The server answers no more. Start the course again (cargo run), and load this page anew.',
        busy: 'Too many pages measure at the same time. Try again in half a minute.',
        hidden: 'The tab was hidden meanwhile, and browsers slow the timers of a hidden tab down: measure again.',
        recorded: 'A recorded run', own: 'Measured on your computer',
        lane: (count, median, bytes) => `${count} events · median ${median} ms · ${bytes} bytes each`,
        caption: (what, clock) => `${what}. Delays are right to ${clock} ms.`,
        none: 'No event happened. Start again, or make one happen.',
        reading: (r) => `Half of the ${r.events} events reached the page within ${r.fastest.median} ms by the fastest way, `
            + `${r.fastest.name}. The slowest, ${r.slowest.name}, took ${r.slowest.median} ms, ${r.slower} times as long. `
            + `For each event, the cheapest way (${r.cheapest.name}) moved ${r.cheapest.bytes} bytes, `
            + `the dearest (${r.dearest.name}) ${r.dearest.bytes}, ${r.dearer} times as many.`,
        empty: (r) => ` Most answers without news: ${r.name}, ${r.empty} of ${r.requests}.`,
    };

    const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));
    const round = (number, digits) => Number(number.toFixed(digits));
    const shown = (number) => number.toLocaleString('en', {
        minimumFractionDigits: Math.abs(number) < 10 ? 1 : 0,
        maximumFractionDigits: Math.abs(number) < 10 ? 1 : 0,
    });
    const whole = (number) => Math.round(number).toLocaleString('en');
    const median = (numbers) => {
        const sorted = Array.from(numbers).sort((a, b) => a - b);
        const middle = sorted.length >> 1;
        return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    };

    // A run, live or recorded:
    //   pace, lasts   between two events on average, and how long events happen
    //   seed          of the random moments
    //   clock         how far the page's clock may be from the server's
    //   events        the moments in which they happened, by the server's clock
    //   ways          for each: requests [asked, answered, events brought]; delays, for each event until the page had it;
    //                 counts [moment, requests, bytes up, bytes down], as the server counted them

    // ---- Measuring

    class Measurement {
        constructor(answer, pace, keys) {
            this.address = `${LAB}/${answer.run}`;
            this.ended = new AbortController();
            this.abortAfter(answer.lasts + GRACE + PATIENCE);
            this.isOver = false;
            this.over = new Promise((resolve) => { this.tellOver = resolve; });
            this.asking = [];
            this.hidden = document.hidden;
            this.offset = 0;
            const ways = keys.map((key) => [key, { requests: [], delays: [], counts: [] }]);
            this.run = { pace, lasts: answer.lasts, seed: answer.seed, clock: Infinity, events: [], ways: Object.fromEntries(ways) };
        }

        // Ends what is still asked for then.
        abortAfter(time) {
            setTimeout(() => this.ended.abort(), time);
        }

        // Milliseconds since the run began, by the server's clock.
        now() {
            return performance.now() + this.offset;
        }

        // Until then, or until the run is over.
        async wait(time) {
            await Promise.race([sleep(time), this.over]);
        }

        async fetch(path, method) {
            const response = await fetch(this.address + path, { method, cache: 'no-store', signal: this.ended.signal });
            if (!response.ok) {
                throw new Error(`${this.address}${path}: ${response.status}`);
            }
            return response;
        }

        // The server's clock was read somewhere between question and answer: the quickest answer tells best when.
        async readClock() {
            const asked = performance.now();
            const state = await (await this.fetch('')).json();
            const answered = performance.now();
            if ((answered - asked) / 2 < this.run.clock) {
                this.run.clock = (answered - asked) / 2;
                this.offset = state.now - (asked + answered) / 2;
            }
            return state;
        }

        async measure() {
            document.addEventListener('visibilitychange', () => { this.hidden = true; }, { signal: this.ended.signal });
            await this.readClock();
            for (let reading = 1; reading < CLOCK_READINGS && this.now() < READY; reading += 1) {
                await this.readClock();
            }
            this.asking = Object.keys(this.run.ways).map((key) => WAYS[key](this, key, this.run.ways[key]));
            await Promise.race([this.count(), Promise.all(this.asking)]);
        }

        // Reads the server's counts until the run is over.
        async count() {
            const end = this.run.lasts + GRACE;
            while (this.now() < end && !this.isOver) {
                await this.wait(Math.min(LOOK, end - this.now()));
                this.keep(await (await this.fetch('')).json());
            }
        }

        keep(state) {
            for (const [key, way] of Object.entries(this.run.ways)) {
                way.counts.push([Math.round(this.now()), ...state.ways[key]]);
            }
        }

        // Lets the server answer what it still holds, so that its last counts are those of all requests.
        async end() {
            this.isOver = true;
            this.tellOver();
            this.abortAfter(PATIENCE);
            await this.fetch('/stop', 'POST');
            await Promise.race([Promise.allSettled(this.asking), sleep(GRACE)]);
            this.keep(await (await this.fetch('')).json());
            this.ended.abort();
            for (const { requests } of Object.values(this.run.ways)) {
                for (const request of requests) {
                    request[1] ??= Math.round(this.now());
                }
            }
            this.run.clock = round(this.run.clock, 2);
        }

        asks(way) {
            const request = [Math.round(this.now()), null, 0];
            way.requests.push(request);
            return request;
        }

        brings(way, request, id, text) {
            const happened = Number(text);
            // Below zero it was only the error of the clock.
            way.delays[id - 1] = Math.max(0, round(this.now() - happened, 2));
            this.run.events[id - 1] = happened;
            request[2] += 1;
        }

        async ask(key, way) {
            const request = this.asks(way);
            const batch = await (await this.fetch(`/${key}?since=${way.delays.length}`)).json();
            request[1] = Math.round(this.now());
            for (const event of batch.events) {
                this.brings(way, request, event.id, event.text);
            }
        }
    }

    const poll = (every) => async (measurement, key, way) => {
        let next = measurement.now();
        while (!measurement.isOver) {
            await measurement.ask(key, way);
            next = Math.max(next + every, measurement.now());
            await measurement.wait(next - measurement.now());
        }
    };

    // How a page asks. A further way is one more function here, one more name on the server.
    const WAYS = {
        'poll-1s': poll(1000),
        'poll-100ms': poll(100),
        'long-poll': async (measurement, key, way) => {
            while (!measurement.isOver) {
                await measurement.ask(key, way);
            }
        },
        'sse': (measurement, key, way) => new Promise((ended, failed) => {
            const source = new EventSource(`${measurement.address}/${key}?since=0`);
            let request = null;
            const close = () => {
                source.close();
                ended();
            };
            measurement.ended.signal.addEventListener('abort', close);
            source.onopen = () => {
                request = measurement.asks(way);
            };
            source.onmessage = (event) => measurement.brings(way, request, Number(event.lastEventId), event.data);
            source.onerror = () => {
                if (request) {
                    request[1] ??= Math.round(measurement.now());
                }
                if (measurement.isOver) {
                    close();
                } else if (source.readyState === EventSource.CLOSED) {
                    failed(new Error('the stream of events has ended'));
                } // Otherwise it connects anew by itself.
            };
        }),
        'websocket': (measurement, key, way) => new Promise((ended, failed) => {
            const socket = new WebSocket(`ws://${location.host}${measurement.address}/${key}?since=0`);
            let request = null;
            measurement.ended.signal.addEventListener('abort', () => socket.close());
            socket.onopen = () => {
                request = measurement.asks(way);
            };
            socket.onmessage = ({ data }) => {
                const [id] = data.split(' ', 1);
                measurement.brings(way, request, Number(id), data.slice(id.length + 1));
            };
            // It does not connect anew by itself, as an EventSource does.
            socket.onclose = ({ code }) => {
                if (request) {
                    request[1] ??= Math.round(measurement.now());
                }
                if (measurement.isOver) {
                    ended();
                } else {
                    failed(new Error(`the WebSocket has ended: ${code}`));
                }
            };
        }),
    };

    // ---- What it means

    // What a way has done up to a moment.
    const tally = (run, key, moment) => {
        const way = run.ways[key];
        const delays = way.delays.filter((delay, index) => run.events[index] + delay <= moment);
        const [, requests, up, down] = way.counts.findLast((count) => count[0] <= moment) ?? [0, 0, 0, 0];
        return {
            key, requests, up, down,
            events: delays.length,
            median: delays.length ? median(delays) : NaN,
            longest: Math.max(...delays),
            bytes: (up + down) / delays.length,
            empty: way.requests.filter((request) => request[2] === 0).length,
        };
    };

    const reading = (run, names) => {
        const tallies = Object.keys(run.ways).map((key) => tally(run, key, Infinity)).filter((one) => one.events > 0);
        if (tallies.length === 0) {
            return words.none;
        }
        const told = (one) => ({ name: names[one.key], median: shown(one.median), bytes: whole(one.bytes) });
        const least = (what) => tallies.reduce((best, one) => (what(one) < what(best) ? one : best));
        const [fastest, slowest] = [least((one) => one.median), least((one) => -one.median)];
        const [cheapest, dearest] = [least((one) => one.bytes), least((one) => -one.bytes)];
        const emptiest = least((one) => -one.empty);
        return words.reading({
            events: whole(Math.max(...tallies.map((one) => one.events))),
            fastest: told(fastest), slowest: told(slowest),
            slower: shown(slowest.median / Math.max(fastest.median, 0.1)),
            cheapest: told(cheapest), dearest: told(dearest), dearer: shown(dearest.bytes / cheapest.bytes),
        }) + (emptiest.empty > 0
            ? words.empty({ name: names[emptiest.key], empty: whole(emptiest.empty), requests: whole(run.ways[emptiest.key].requests.length) })
            : '');
    };

    // ---- Drawing

    // The scale of delays, in milliseconds; it is logarithmic.
    const [LEAST, GREATEST] = [0.3, 3000];
    const MARKS = [[1, '1 ms'], [10, '10 ms'], [100, '100 ms'], [1000, '1 s']];
    // Pixels, from the top of a lane: delays are between the first two, requests between the last two.
    const [TOP, FLOOR, ASKED, HEIGHT] = [6, 66, 72, 80];
    const height = (delay) => {
        const share = Math.log(Math.max(LEAST, Math.min(delay, GREATEST)) / LEAST) / Math.log(GREATEST / LEAST);
        return round(FLOOR - share * (FLOOR - TOP), 1);
    };

    const element = (name, attributes, parent) => {
        const made = document.createElementNS(SVG, name);
        for (const [attribute, value] of Object.entries(attributes)) {
            made.setAttribute(attribute, value);
        }
        parent?.append(made);
        return made;
    };

    const part = (name, className, parent) => {
        const made = document.createElement(name);
        made.className = className;
        parent.append(made);
        return made;
    };

    // One way's picture. It only ever grows: what was drawn stays.
    class Lane {
        constructor(parent, key, name) {
            this.key = key;
            const lane = part('div', `lab-lane lab-${key}`, parent);
            part('span', 'lab-name', lane).textContent = name;
            this.said = part('span', 'lab-said', lane);
            const scale = element('svg', { class: 'lab-scale', height: HEIGHT }, lane);
            this.picture = element('svg', { class: 'lab-picture', height: HEIGHT }, lane);
            for (const [delay, label] of MARKS) {
                element('text', { x: '100%', y: height(delay) + 4 }, scale).textContent = label;
                element('line', { class: 'mark', x1: 0, x2: '100%', y1: height(delay), y2: height(delay) }, this.picture);
            }
            this.middle = element('line', { class: 'middle', x1: 0, x2: '100%' }, this.picture);
            this.now = element('line', { class: 'now', y1: 0, y2: HEIGHT }, this.picture);
            this.begin(null);
        }

        begin(run) {
            this.run = run;
            this.requests = 0;
            this.open = [];
            this.events = 0;
            for (const old of this.picture.querySelectorAll('.grows')) {
                old.remove();
            }
            this.draw(0);
        }

        draw(moment) {
            if (!this.run) {
                return;
            }
            const { run, picture } = this;
            const way = run.ways[this.key];
            const x = (time) => `${round(100 * Math.min(1, time / (run.lasts + GRACE)), 2)}%`;
            while (this.requests < way.requests.length && way.requests[this.requests][0] <= moment) {
                const request = way.requests[this.requests];
                const left = x(request[0]);
                const mark = element('g', { class: 'grows request' }, picture);
                element('line', { x1: left, x2: left, y1: ASKED - 4, y2: HEIGHT - 1 }, mark);
                const line = element('line', { class: 'waits', x1: left, x2: left, y1: ASKED + 2, y2: ASKED + 2 }, mark);
                this.requests += 1;
                this.open.push([mark, line, request]);
            }
            this.open = this.open.filter(([mark, line, [, answered, brought]]) => {
                const isOpen = answered === null || answered > moment;
                line.setAttribute('x2', x(isOpen ? moment : answered));
                mark.classList.toggle('empty', !isOpen && brought === 0);
                return isOpen;
            });
            while (this.events < way.delays.length && run.events[this.events] + way.delays[this.events] <= moment) {
                const at = x(run.events[this.events]);
                const top = height(way.delays[this.events]);
                element('line', { class: 'grows stem', x1: at, x2: at, y1: FLOOR, y2: top }, picture);
                element('circle', { class: 'grows dot', cx: at, cy: top, r: 3 }, picture);
                this.events += 1;
            }
            const isOver = moment > run.lasts + GRACE;
            this.now.setAttribute('visibility', isOver ? 'hidden' : 'visible');
            this.now.setAttribute('x1', x(moment));
            this.now.setAttribute('x2', x(moment));
        }

        say(one) {
            this.said.textContent = one.events ? words.lane(whole(one.events), shown(one.median), whole(one.bytes)) : '';
            this.middle.setAttribute('visibility', one.events ? 'visible' : 'hidden');
            if (one.events) {
                this.middle.setAttribute('y1', height(one.median));
                this.middle.setAttribute('y2', height(one.median));
            }
        }
    }

    // ---- A figure

    function begin(figure, isServed) {
        const recorded = JSON.parse(figure.querySelector('script').textContent);
        const rows = Array.from(figure.querySelectorAll('tbody tr'));
        const names = Object.fromEntries(rows.map((row) => [row.dataset.way, row.cells[0].textContent]));
        const bar = figure.querySelector('.lab-bar');
        const pace = bar.querySelector('select');
        const state = figure.querySelector('.lab-state');
        const text = figure.querySelector('.lab-reading');
        const caption = figure.querySelector('caption');
        const lanes = rows.map((row) => new Lane(figure.querySelector('.lab-lanes'), row.dataset.way, names[row.dataset.way]));
        const button = (label, pressed) => {
            const made = part('button', '', bar);
            made.type = 'button';
            made.textContent = label;
            made.addEventListener('click', pressed);
            return made;
        };
        let measurement = null;
        // Ends what is shown live: a measurement, or a replay.
        let interrupt = null;

        const tell = (run, moment) => {
            lanes.forEach((lane, index) => {
                const one = tally(run, lane.key, moment);
                lane.say(one);
                const cells = [one.events, one.median, one.longest, one.requests, one.up, one.down, one.bytes];
                cells.forEach((value, column) => {
                    const delay = column === 1 || column === 2;
                    rows[index].cells[column + 1].textContent = Number.isFinite(value) ? (delay ? shown : whole)(value) : '–';
                });
            });
        };
        const label = (run, what) => {
            caption.textContent = Number.isFinite(run.clock) ? words.caption(what, shown(run.clock)) : `${what}.`;
        };
        const complete = (run, what) => {
            lanes.forEach((lane) => lane.draw(Infinity));
            tell(run, Infinity);
            label(run, what);
            text.textContent = reading(run, names);
            figure.run = run;
        };
        // Draws a run while `clock` goes on, until `ended` is settled.
        const follow = async (run, clock, ended) => {
            lanes.forEach((lane) => lane.begin(run));
            text.textContent = '';
            let told = -Infinity;
            let goesOn = true;
            const frame = () => {
                if (!goesOn) {
                    return;
                }
                const moment = clock();
                lanes.forEach((lane) => lane.draw(moment));
                if (moment - told > 300) {
                    tell(run, moment);
                    told = moment;
                }
                requestAnimationFrame(frame);
            };
            frame();
            try {
                await ended;
            } finally {
                goesOn = false;
            }
        };
        const busy = (isBusy) => {
            const hadFocus = bar.contains(document.activeElement);
            figure.dataset.state = isBusy ? 'running' : 'over';
            start.textContent = isBusy ? words.stop : words.start;
            start.hidden = !isBusy && !isServed;
            replay.disabled = isBusy;
            say.disabled = !measurement;
            pace.disabled = isBusy;
            // A button that goes away must not take the keyboard's place on the page with it.
            if (hadFocus) {
                (start.hidden ? replay : start).focus();
            }
        };
        const chosen = () => recorded.find((run) => String(run.pace) === pace.value);
        const showRecorded = () => {
            lanes.forEach((lane) => lane.begin(chosen()));
            complete(chosen(), words.recorded);
        };

        const measure = async () => {
            const stopped = new Promise((resolve) => { interrupt = resolve; });
            busy(true);
            state.textContent = words.running;
            try {
                const { lasts, seed } = figure.dataset;
                const query = `pace=${pace.value}&lasts=${lasts}${seed ? `&seed=${seed}` : ''}`;
                const response = await fetch(`${LAB}?${query}`, { method: 'POST', signal: AbortSignal.timeout(PATIENCE) });
                if (!response.ok) {
                    state.textContent = response.status === 503 ? words.busy : words.gone;
                    return;
                }
                const current = new Measurement(await response.json(), Number(pace.value), lanes.map((lane) => lane.key));
                measurement = current;
                say.disabled = false;
                label(current.run, words.own);
                await follow(current.run, () => current.now(), Promise.race([current.measure(), stopped]));
                await current.end();
                complete(current.run, words.own);
                state.textContent = current.hidden ? words.hidden : '';
            } catch {
                state.textContent = words.gone;
                measurement?.ended.abort();
            } finally {
                measurement = null;
                interrupt = null;
                busy(false);
            }
        };
        const replayRecorded = async () => {
            const run = chosen();
            const began = performance.now();
            const stopped = new Promise((resolve) => { interrupt = resolve; });
            busy(true);
            state.textContent = words.replaying;
            label(run, words.recorded);
            await follow(run, () => performance.now() - began, Promise.race([sleep(run.lasts + GRACE), stopped]));
            complete(run, words.recorded);
            state.textContent = '';
            interrupt = null;
            busy(false);
        };

        const start = button(words.start, () => (interrupt ? interrupt() : measure()));
        const say = button(words.say, () => measurement?.fetch('/say', 'POST').catch(() => {}));
        const replay = button(words.replay, replayRecorded);
        start.classList.add('lab-start');
        say.hidden = !isServed;
        pace.addEventListener('change', () => {
            if (!measurement) {
                showRecorded();
            }
        });
        // The arrow keys choose a pace or scroll the table; without this they would turn the page.
        figure.addEventListener('keydown', (event) => {
            if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
                event.stopPropagation();
            }
        });
        showRecorded();
        busy(false);
        bar.hidden = false;
        state.textContent = isServed ? words.ready : words.unserved;
        figure.dataset.state = 'ready';
    }

    const figures = document.querySelectorAll('figure.lab');
    if (figures.length > 0) {
        const isLocal = location.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname);
        const served = isLocal ? fetch(LAB, { signal: AbortSignal.timeout(PATIENCE) }).then((response) => response.ok, () => false) : Promise.resolve(false);
        served.then((isServed) => figures.forEach((figure) => begin(figure, isServed)));
    }
})();
