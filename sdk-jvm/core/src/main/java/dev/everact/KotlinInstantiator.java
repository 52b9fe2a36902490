// Makes Kotlin's data classes from what JSON holds: a parameter that is left out has its default.
package dev.everact;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.deser.SettableBeanProperty;
import com.fasterxml.jackson.databind.deser.ValueInstantiator;
import com.fasterxml.jackson.databind.deser.ValueInstantiators;
import com.fasterxml.jackson.databind.deser.impl.PropertyValueBuffer;
import com.fasterxml.jackson.databind.deser.std.StdValueInstantiator;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import java.io.IOException;
import java.util.BitSet;

/** Stands in for Jackson's own where a class is a data class. */
final class KotlinInstantiator extends StdValueInstantiator {
  private static final long serialVersionUID = 1L;

  private final transient KotlinData data;

  /** Whether what has no default must be there; else numbers are 0. */
  private final boolean strict;

  private KotlinInstantiator(StdValueInstantiator source, KotlinData data, boolean strict) {
    super(source);
    this.data = data;
    this.strict = strict;
  }

  /** Finds the data classes among all that a mapper reads. */
  static final class Finder extends ValueInstantiators.Base {
    private final boolean strict;

    Finder(boolean strict) {
      this.strict = strict;
    }

    @Override
    public ValueInstantiator findValueInstantiator(
        DeserializationConfig config, BeanDescription bean, ValueInstantiator found) {
      KotlinData data = KotlinData.of(bean.getBeanClass());
      return data != null && found.getClass() == StdValueInstantiator.class
          ? new KotlinInstantiator((StdValueInstantiator) found, data, strict)
          : found;
    }
  }

  @Override
  public Object createFromObjectWith(
      DeserializationContext context, SettableBeanProperty[] properties, PropertyValueBuffer buffer)
      throws IOException {
    if (properties.length != data.names().size()) {
      return super.createFromObjectWith(context, properties, buffer);
    }
    Object[] given = new Object[properties.length];
    SettableBeanProperty[] byIndex = new SettableBeanProperty[properties.length];
    BitSet missing = new BitSet();
    for (SettableBeanProperty property : properties) {
      int index = property.getCreatorIndex();
      byIndex[index] = property;
      if (buffer.hasParameter(property)) {
        given[index] = buffer.getParameter(property);
      } else {
        missing.set(index);
      }
    }
    try {
      return data.make(given, missing, strict);
    } catch (KotlinData.NoValue e) {
      throw unmade(context, byIndex[e.index], missing.get(e.index));
    } catch (ReflectiveOperationException e) {
      return context.handleInstantiationProblem(getValueClass(), null, e);
    }
  }

  private JsonMappingException unmade(
      DeserializationContext context, SettableBeanProperty property, boolean isMissing)
      throws IOException {
    if (isMissing) {
      return context.reportPropertyInputMismatch(
          getValueClass(), property.getName(), "Missing required creator property");
    }
    InvalidNullException nothing =
        InvalidNullException.from(context, property.getFullName(), property.getType());
    nothing.prependPath(getValueClass(), property.getName());
    return nothing;
  }
}
