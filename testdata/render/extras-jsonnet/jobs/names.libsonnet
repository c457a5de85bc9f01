{ internal(context):: context.name + '-internal' }
