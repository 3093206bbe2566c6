/**
 * What the page can do beyond being read: a time that is pointed at, its values, and a decision's explanation. It reads
 * the values from the page and the explanations from the list of decisions, and asks for nothing from anywhere.
 */
export const script = `(() => {
  const find = (id) => document.getElementById(id)
  const data = JSON.parse(find('values').textContent)
  const panel = find('readout')
  const range = find('time')
  const moves = find('explanation')
  const cursors = document.querySelectorAll('.cursor')
  const marks = [...document.querySelectorAll('.marks a')]
  const last = data.time.length - 1
  const percent = (value, digits) => value === null ? '\\u2013' : value.toFixed(digits).replace('-', '\\u2212') + '\\u00a0%'
  const utc = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ') + '\\u00a0UTC'
  const set = (name, text) => { for (const one of panel.querySelectorAll('[data-value="' + name + '"]')) one.textContent = text }

  function moveTo(seconds, from) {
    const share = (seconds - data.from) / (data.to - data.from)
    const index = Math.min(last, Math.max(0, Math.floor(share * data.time.length)))
    const x = (100 * Math.min(1, Math.max(0, share))).toFixed(2) + '%'
    for (const cursor of cursors) {
      cursor.setAttribute('x1', x)
      cursor.setAttribute('x2', x)
      cursor.setAttribute('visibility', 'visible')
    }
    if (from !== range) range.value = index
    const at = utc(data.time[index])
    const lead = (data.lead[index] < 0 ? '\\u2212' : '+') + Math.abs(data.lead[index]).toFixed(1) + '\\u00a0bp'
    set('time', at)
    set('price', data.price[index].toFixed(5))
    set('lead', lead)
    set('drawdown', data.drawdown[index].toFixed(2).replace('-', '\\u2212') + '\\u00a0bp')
    data.venues.forEach((venue, j) => {
      set('weight' + j, percent(venue.weight[index], 0))
      set('paid' + j, percent(venue.paid[index], 2))
      set('used' + j, percent(venue.used[index], 0))
    })
    range.setAttribute('aria-valuetext', at + ', share price ' + data.price[index].toFixed(5) + ', ' + lead + ' ahead of the best static mix')
  }

  let current = -1
  function explain(index) {
    const mark = marks[index]
    if (mark === undefined) return
    marks.forEach((one, i) => {
      one.classList.toggle('on', i === index)
      one.setAttribute('tabindex', i === index ? '0' : '-1')
    })
    current = index
    moveTo(Number(mark.dataset.time))
    moves.replaceChildren()
    const shown = mark.dataset.moves === '' ? [] : mark.dataset.moves.split(' ')
    if (mark.dataset.count !== '1') {
      const note = document.createElement('p')
      note.className = 'note'
      note.textContent = mark.dataset.count + ' moves stand under this mark.'
      moves.append(note)
    }
    for (const id of shown.slice(0, 6)) {
      const part = document.createElement('div')
      for (const child of find('move-' + id).children) part.append(child.cloneNode(true))
      moves.append(part)
    }
    const more = Number(mark.dataset.count) - Math.min(6, shown.length)
    if (more > 0) {
      const note = document.createElement('p')
      note.className = 'note'
      note.textContent = more + (more === 1 ? ' more move stands' : ' more moves stand') + ' in the list of decisions, or in the folder of the run.'
      moves.append(note)
    }
    moves.scrollTop = 0
    panel.classList.add('open')
    find('previous').disabled = index === 0
    find('next').disabled = index === marks.length - 1
  }

  panel.hidden = false
  document.documentElement.classList.add('live')
  range.max = last
  range.addEventListener('input', () => moveTo(data.time[Number(range.value)], range))
  for (const plot of document.querySelectorAll('[data-plot]')) {
    const follow = (event) => {
      const box = plot.getBoundingClientRect()
      moveTo(data.from + ((event.clientX - box.left) / box.width) * (data.to - data.from))
    }
    plot.addEventListener('pointermove', follow)
    plot.addEventListener('pointerdown', follow)
  }
  marks.forEach((mark, index) => {
    mark.addEventListener('pointerenter', (event) => { if (event.pointerType === 'mouse') explain(index) })
    mark.addEventListener('focus', () => explain(index))
    mark.addEventListener('click', (event) => { event.preventDefault(); explain(index) })
    mark.addEventListener('keydown', (event) => {
      const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: marks.length - 1 }[event.key]
      if (to === undefined || marks[to] === undefined) return
      event.preventDefault()
      marks[to].focus()
    })
  })
  const nearest = (step) => {
    if (current >= 0) return current + step
    const now = data.time[Number(range.value)]
    const after = marks.findIndex((mark) => Number(mark.dataset.time) >= now)
    return step > 0 ? (after < 0 ? marks.length - 1 : after) : (after < 0 ? marks.length - 1 : Math.max(0, after - 1))
  }
  find('previous').addEventListener('click', () => explain(nearest(-1)))
  find('next').addEventListener('click', () => explain(nearest(1)))
  find('close').addEventListener('click', () => { panel.classList.remove('open'); moves.replaceChildren(); current = -1 })
  if (marks.length === 0) for (const id of ['previous', 'next']) find(id).disabled = true
  moveTo(data.time[last])
  for (const cursor of cursors) cursor.setAttribute('visibility', 'hidden')
})()
`
