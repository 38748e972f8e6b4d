function writer(env) {
  const { I8, U8, I16, U16, I32, U32, F32, F64, B64, variable, labels, place, first, records, schema } = env;
  const { blobCost, textCost, exactTextCost, labelBytes, toJson, toAny } = env;
  const { eventFault, eventTooLarge, fitUntil, oddEvent, unknownColumn } = env;
  function push(event) {
    const made = event?.constructor;
    if (made !== Object) oddEvent(schema, event);
    const value0 = event["at"];
    const value1 = event["sensor"];
    const value2 = event["offset"];
    const value3 = event["value"];
    const value4 = event["rounded"];
    const value5 = event["total"];
    const value6 = event["ok"];
    // 0 "at": timestamp
    let stored0 = null;
    stored0 = typeof value0 === 'number' ? value0 : value0 instanceof Date ? value0.getTime() : NaN;
    if (!(stored0 >= -8640000000000000 && stored0 <= 8640000000000000))
      throw eventFault(schema, "at", value0);
    // 1 "sensor": uint16
    let stored1 = null;
    if (typeof value1 === 'number' && (value1 | 0) === value1 && value1 >= 0 && value1 <= 65535)
      stored1 = value1;
    else throw eventFault(schema, "sensor", value1);
    // 2 "offset": int32, optional
    let stored2 = null;
    if (value2 !== undefined && value2 !== null) {
      if (typeof value2 === 'number' && (value2 | 0) === value2 && value2 >= -2147483648 && value2 <= 2147483647)
        stored2 = value2;
      else throw eventFault(schema, "offset", value2);
    }
    // 3 "value": float64
    let stored3 = null;
    if (typeof value3 === 'number') stored3 = value3;
    else throw eventFault(schema, "value", value3);
    // 4 "rounded": float32, optional
    let stored4 = null;
    if (value4 !== undefined && value4 !== null) {
      if (typeof value4 === 'number' && (Math.fround(value4) - Math.fround(value4) === 0 || value4 - value4 !== 0))
        stored4 = value4;
      else throw eventFault(schema, "rounded", value4);
    }
    // 5 "total": bigint64
    let stored5 = null;
    if (typeof value5 === 'bigint' && BigInt.asIntN(64, value5) === value5)
      stored5 = value5;
    else throw eventFault(schema, "total", value5);
    // 6 "ok": bool
    let stored6 = null;
    if (typeof value6 === 'boolean') stored6 = value6 ? 1 : 0;
    else throw eventFault(schema, "ok", value6);
    // Columns that the schema does not have.
    let keys = 0;
    for (const _ in event) keys++;
    const known =
      5 +
      (value2 !== undefined ? 1 : 0) +
      (value4 !== undefined ? 1 : 0);
    if (keys !== known || (made !== Object && made !== undefined)) unknownColumn(schema, event);
    // A place for the row.
    if (place.row === place.end) {
      const answer = place.find();
      if (answer !== undefined) return answer;
    }
    // The row.
    const row = place.row;
    F64[(first[0] + row) | 0] = stored0;
    U16[(first[3] + row) | 0] = stored1;
    U8[(first[7] + row) | 0] = stored2 === null ? 0 : 1;
    I32[(first[6] + row) | 0] = stored2 ?? 0;
    F64[(first[9] + row) | 0] = stored3;
    U8[(first[13] + row) | 0] = stored4 === null ? 0 : 1;
    F32[(first[12] + row) | 0] = stored4 ?? 0;
    B64[(first[15] + row) | 0] = stored5;
    U8[(first[18] + row) | 0] = stored6;
    const next = (row + 1) | 0;
    place.row = next;
    if (next === place.end) place.complete();
    return true;
  }
  // 0 "at": timestamp
  function column0(values, from, to, row) {
    if (values instanceof Float64Array) {
      to = fitUntil[0](values, from, to);
      const part = from === 0 && to === values.length ? values : values.subarray(from, to);
      F64.set(part, first[0] + row);
      return to;
    }
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value0 = values[i];
        let stored0 = null;
        stored0 = typeof value0 === 'number' ? value0 : value0 instanceof Date ? value0.getTime() : NaN;
        if (!(stored0 >= -8640000000000000 && stored0 <= 8640000000000000)) return i;
        F64[(first[0] + row) | 0] = stored0;
      }
    } catch {
      return i;
    }
    return to;
  }
  // 1 "sensor": uint16
  function column1(values, from, to, row) {
    if (values instanceof Uint16Array) {
      const part = from === 0 && to === values.length ? values : values.subarray(from, to);
      U16.set(part, first[3] + row);
      return to;
    }
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value1 = values[i];
        let stored1 = null;
        if (typeof value1 === 'number' && (value1 | 0) === value1 && value1 >= 0 && value1 <= 65535)
          stored1 = value1;
        else return i;
        U16[(first[3] + row) | 0] = stored1;
      }
    } catch {
      return i;
    }
    return to;
  }
  // 2 "offset": int32, optional
  function column2(values, from, to, row) {
    if (values instanceof Int32Array) {
      const part = from === 0 && to === values.length ? values : values.subarray(from, to);
      I32.set(part, first[6] + row);
      U8.fill(1, first[7] + row, first[7] + row + to - from);
      return to;
    }
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value2 = values[i];
        let stored2 = null;
        if (value2 !== undefined && value2 !== null) {
          if (typeof value2 === 'number' && (value2 | 0) === value2 && value2 >= -2147483648 && value2 <= 2147483647)
            stored2 = value2;
          else return i;
        }
        U8[(first[7] + row) | 0] = stored2 === null ? 0 : 1;
        I32[(first[6] + row) | 0] = stored2 ?? 0;
      }
    } catch {
      return i;
    }
    return to;
  }
  // 3 "value": float64
  function column3(values, from, to, row) {
    if (values instanceof Float64Array) {
      const part = from === 0 && to === values.length ? values : values.subarray(from, to);
      F64.set(part, first[9] + row);
      return to;
    }
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value3 = values[i];
        let stored3 = null;
        if (typeof value3 === 'number') stored3 = value3;
        else return i;
        F64[(first[9] + row) | 0] = stored3;
      }
    } catch {
      return i;
    }
    return to;
  }
  // 4 "rounded": float32, optional
  function column4(values, from, to, row) {
    if (values instanceof Float32Array) {
      const part = from === 0 && to === values.length ? values : values.subarray(from, to);
      F32.set(part, first[12] + row);
      U8.fill(1, first[13] + row, first[13] + row + to - from);
      return to;
    }
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value4 = values[i];
        let stored4 = null;
        if (value4 !== undefined && value4 !== null) {
          if (typeof value4 === 'number' && (Math.fround(value4) - Math.fround(value4) === 0 || value4 - value4 !== 0))
            stored4 = value4;
          else return i;
        }
        U8[(first[13] + row) | 0] = stored4 === null ? 0 : 1;
        F32[(first[12] + row) | 0] = stored4 ?? 0;
      }
    } catch {
      return i;
    }
    return to;
  }
  // 5 "total": bigint64
  function column5(values, from, to, row) {
    if (values instanceof BigInt64Array) {
      const part = from === 0 && to === values.length ? values : values.subarray(from, to);
      B64.set(part, first[15] + row);
      return to;
    }
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value5 = values[i];
        let stored5 = null;
        if (typeof value5 === 'bigint' && BigInt.asIntN(64, value5) === value5)
          stored5 = value5;
        else return i;
        B64[(first[15] + row) | 0] = stored5;
      }
    } catch {
      return i;
    }
    return to;
  }
  // 6 "ok": bool
  function column6(values, from, to, row) {
    const elements = values instanceof Uint8Array;
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value6 = elements ? values[i] === 1 : values[i];
        let stored6 = null;
        if (typeof value6 === 'boolean') stored6 = value6 ? 1 : 0;
        else return i;
        U8[(first[18] + row) | 0] = stored6;
      }
    } catch {
      return i;
    }
    return to;
  }
  function texts(columns, from, to) {
    return to;
  }
  function writeColumns(row, columns, from, to) {
    to = column0(columns[0], from, to, row);
    to = column1(columns[1], from, to, row);
    to = column2(columns[2], from, to, row);
    to = column3(columns[3], from, to, row);
    to = column4(columns[4], from, to, row);
    to = column5(columns[5], from, to, row);
    to = column6(columns[6], from, to, row);
    return texts(columns, from, to, row);
  }
  return { push, writeColumns };
}

function rows(columns, validity) {
  // 0 "at": timestamp
  const column0 = columns[0];
  // 1 "sensor": uint16
  const column1 = columns[1];
  // 2 "offset": int32, optional
  const column2 = columns[2], validity2 = validity[2];
  // 3 "value": float64
  const column3 = columns[3];
  // 4 "rounded": float32, optional
  const column4 = columns[4], validity4 = validity[4];
  // 5 "total": bigint64
  const column5 = columns[5];
  // 6 "ok": bool
  const column6 = columns[6];
  return function row(i) {
    return {
      "at": column0[i],
      "sensor": column1[i],
      "offset": ((validity2[i >> 3] >> (i & 7)) & 1) === 1 ? column2[i] : null,
      "value": column3[i],
      "rounded": ((validity4[i >> 3] >> (i & 7)) & 1) === 1 ? column4[i] : null,
      "total": column5[i],
      "ok": column6[i] === 1,
    };
  };
}

function fromJson(env) {
  const { converters, members, refuse, notAnObject } = env;
  const convert0 = converters[0];
  const convert3 = converters[3];
  const convert4 = converters[4];
  const convert5 = converters[5];
  return function fromJson(event, text, start) {
    if (typeof event !== 'object' || event === null || Array.isArray(event)) throw notAnObject(event);
    // 0 "at": timestamp
    const value0 = event["at"];
    // 3 "value": float64
    const value3 = event["value"];
    // 4 "rounded": float32, optional
    const value4 = event["rounded"];
    // 5 "total": bigint64
    const value5 = event["total"];
    const reads5 = typeof value5 === 'number' && !(Math.abs(value5) < 70368744177664 && value5 % 1 === 0);
    if (reads5) members.find(text, start);
    if (typeof value0 !== 'number' && value0 != null)
      event["at"] = convert0("at", value0, refuse);
    if (value3 === Infinity || value3 === -Infinity)
      event["value"] = convert3("value", value3, refuse);
    if (value4 === Infinity || value4 === -Infinity)
      event["rounded"] = convert4("rounded", value4, refuse);
    if (value5 != null)
      event["total"] = convert5("total", value5, refuse, reads5 ? members.textOf(text, 0) : undefined);
    return event;
  };
}

function events(columns) {
  return function eventAt(i) {
    return {
      "at": columns[0][i],
      "sensor": columns[1][i],
      "value": columns[3][i],
      "rounded": columns[4][i],
      "total": columns[5][i],
      "ok": columns[6][i] === 1,
    };
  };
}
